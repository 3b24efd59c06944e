import { describeAcpAgent } from '../support/acp-conformance.ts';

await describeAcpAgent({
  agent: 'copilot',
  name: 'GitHub Copilot CLI',
  version: '1.0.102',
  shell: (command) => ({ tool: 'bash', input: { command, description: 'Try' } }),
  write: (file, content) => ({ tool: 'create', input: { path: file, file_text: content } }),
  thought: 'Let me think first.',
  asksForFolders: true,
  goesOnAfterDenial: false,
  isSignedIn: true,
});
