/** What makes the real agents that speak ACP talk to the fake model, each with a home of its own. */
import { mkdirSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

export type AcpAgentName = 'gemini' | 'copilot' | 'opencode';

/** Writes the agent's settings into `home` and returns the environment that it needs beside HOME and PATH. */
export function prepareHome(agent: AcpAgentName, home: string, modelUrl: string): Record<string, string> {
  return PREPARE[agent](home, modelUrl);
}

const PREPARE: Readonly<Record<AcpAgentName, (home: string, modelUrl: string) => Record<string, string>>> = {
  gemini(home, modelUrl) {
    mkdirSync(path.join(home, '.gemini'), { recursive: true });
    const settings = {
      security: { auth: { selectedType: 'gemini-api-key' } },
      privacy: { usageStatisticsEnabled: false },
      telemetry: { enabled: false },
      general: { enableAutoUpdate: false },
    };
    writeFileSync(path.join(home, '.gemini', 'settings.json'), JSON.stringify(settings));
    return { GEMINI_API_KEY: 'fake', GOOGLE_GEMINI_BASE_URL: modelUrl, GEMINI_MODEL: 'gemini-2.5-flash' };
  },
  copilot: (_home, modelUrl) => ({
    COPILOT_OFFLINE: 'true',
    COPILOT_PROVIDER_BASE_URL: `${modelUrl}/v1`,
    COPILOT_PROVIDER_API_KEY: 'fake',
    COPILOT_MODEL: 'fake-model',
    // It unpacks 235 MB into the cache of each home.
    XDG_CACHE_HOME: path.join(os.homedir(), '.cache', 'ctrlnode-test-copilot'),
  }),
  opencode(home, modelUrl) {
    const file = path.join(home, 'opencode.json');
    const provider = {
      npm: '@ai-sdk/openai-compatible',
      name: 'Fake',
      options: { baseURL: `${modelUrl}/v1`, apiKey: 'fake' },
      models: { 'fake-model': { name: 'Fake' } },
    };
    const model = 'fake/fake-model';
    writeFileSync(file, JSON.stringify({ model, small_model: model, autoupdate: false, provider: { fake: provider } }));
    return { OPENCODE_CONFIG: file, OPENCODE_DISABLE_MODELS_FETCH: '1', OPENCODE_DISABLE_LSP_DOWNLOAD: '1' };
  },
};
