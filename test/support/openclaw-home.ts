import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** Makes the real OpenClaw talk to the fake model, from a configuration that is written into this home. */
export function writeOpenClawHome(home: string, modelUrl: string, gateway: object = { mode: 'local' }): void {
  const model = {
    id: 'fake-model',
    name: 'Fake',
    reasoning: true,
    input: ['text'],
    contextWindow: 128_000,
    maxTokens: 8_000,
    cost: { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 },
  };
  const fake = { baseUrl: `${modelUrl}/v1`, apiKey: 'fake', api: 'openai-completions', models: [model] };
  const config = {
    gateway,
    models: { providers: { fake } },
    agents: { defaults: { model: { primary: 'fake/fake-model' } } },
  };
  mkdirSync(path.join(home, '.openclaw'), { recursive: true });
  writeFileSync(path.join(home, '.openclaw', 'openclaw.json'), JSON.stringify(config));
}
