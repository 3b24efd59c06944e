import { describeAcpAgent } from '../support/acp-conformance.ts';

await describeAcpAgent({
  agent: 'gemini',
  name: 'Gemini CLI',
  version: '0.61.0',
  shell: (command) => ({ tool: 'run_shell_command', input: { command, description: 'Try' } }),
  write: (file, content) => ({ tool: 'write_file', input: { file_path: file, content } }),
  // It puts the thought's subject in front; the fake model gives none.
  thought: '****\nLet me think first.',
  goesOnAfterDenial: true,
  isSignedIn: true,
});
