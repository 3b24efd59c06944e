const NAMES: Readonly<Record<string, string>> = {
  claude: 'Claude Code',
  codex: 'Codex',
  gemini: 'Gemini',
  copilot: 'Copilot',
  opencode: 'OpenCode',
  openclaw: 'OpenClaw',
  command: 'Command',
};

/** What people call an agent, where its machine has not said it. */
export function providerNameOf(id: string): string {
  return NAMES[id] ?? id;
}
