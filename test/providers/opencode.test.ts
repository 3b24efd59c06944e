import { describeAcpAgent } from '../support/acp-conformance.ts';

await describeAcpAgent({
  agent: 'opencode',
  name: 'opencode',
  version: '1.18.33',
  shell: (command) => ({ tool: 'bash', input: { command, description: 'Try' } }),
  write: (file, content) => ({ tool: 'write', input: { filePath: file, content } }),
  thought: 'Let me think first.',
  goesOnAfterDenial: false,
});
