import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createProviders, type ProvidersConfig } from '../../src/bridge/providers/registry.ts';
import { providerLines } from '../../src/cli/words.ts';
import { PROVIDER_CAPABILITIES, type ProviderStatus } from '../../src/protocol/records/bridge-records.ts';
import { prepareHome } from '../support/acp-homes.ts';
import { cachedAgent } from '../support/agent-cache.ts';
import { providerDependencies } from '../support/provider-dependencies.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(path.join(os.tmpdir(), 'ctrlnode-discovery-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true, maxRetries: 5 }));

const NODE_FOLDER = path.dirname(process.execPath);

/** What is found on a machine with this PATH. */
async function discover(id: string, config: ProvidersConfig, PATH: string, more = {}): Promise<ProviderStatus> {
  const environment = { PATH, HOME: root, LANG: 'C.UTF-8', ...more };
  const providers = createProviders(config, providerDependencies({ environment, searchPath: PATH, folder: root }));
  const status = await providers.find((provider) => provider.id === id)?.discover(new AbortController().signal);
  if (!status) throw new Error(`No provider ${id}`);
  return status;
}

function program(text: string): string {
  const file = path.join(root, 'agent');
  writeFileSync(file, text);
  chmodSync(file, 0o755);
  return file;
}

const ACTS = /\b(?:Install|Run|Start|Add|See|change|sign in)\b/;

describe('discovery', () => {
  test('of every adapter, where nothing is installed, says what to do', async () => {
    const config = { acp: { agents: { mine: { command: 'mine' } } } };
    const providers = createProviders(
      config,
      providerDependencies({ environment: { HOME: root }, searchPath: root, folder: root }),
    );
    for (const provider of providers) {
      const status = await provider.discover(new AbortController().signal);
      expect(status).toEqual({
        id: provider.id,
        name: provider.name,
        isInstalled: false,
        problem: expect.stringMatching(ACTS),
        ...(provider.id === 'command' && { programs: [] }),
      });
    }
  });

  test('of a Node script, where there is no Node in the PATH, says so', async () => {
    const command = program('#!/usr/bin/env node\nconsole.log("1.2.3");\n');
    const config = { gemini: { command } };
    expect(await discover('gemini', config, '/nowhere')).toEqual({
      id: 'gemini',
      name: 'Gemini CLI',
      isInstalled: true,
      foundAt: command,
      problem:
        'Gemini CLI is a script for node, which is not in the PATH of your login shell. Install Node.js, or add its folder to that PATH and start CTRL NODE again.',
    });
    expect(await discover('gemini', config, `${NODE_FOLDER}:/usr/bin:/bin`)).toMatchObject({ version: '1.2.3' });
  });

  test('of a program that does not start names the command that shows why', async () => {
    const command = program('#!/bin/sh\nexit 3\n');
    const status = await discover('copilot', { copilot: { command } }, '/usr/bin:/bin');
    expect(status).toMatchObject({ isInstalled: true, foundAt: command });
    expect(status.problem).toBe(
      `GitHub Copilot CLI does not start: it ended with exit code 3. Run "${command} --version" in a terminal to see why.`,
    );
    expect(status.capabilities).toBeUndefined();
  });

  test('of an agent of the configuration promises only what holds for any', async () => {
    const command = program('#!/bin/sh\necho mine 4.5\n');
    const config = { acp: { agents: { mine: { command, name: 'Mine' } } } };
    expect(await discover('mine', config, '/usr/bin:/bin')).toEqual({
      id: 'mine',
      name: 'Mine',
      isInstalled: true,
      foundAt: command,
      version: '4.5',
      capabilities: ['messages'],
    });
  });

  test('of Codex gives the model of the configuration first, and none of its own for another server', async () => {
    const command = program(
      `#!/bin/sh\ncase "$*" in --version) echo codex 1.0.0;; "debug models --bundled") echo '{"models":[{"slug":"a","visibility":"list"},{"slug":"b","visibility":"hide"},{"slug":"c"}]}';; *) exit 9;; esac\n`,
    );
    mkdirSync(path.join(root, '.codex'));
    const modelsWith = async (toml: string) => {
      writeFileSync(path.join(root, '.codex/config.toml'), toml);
      return (await discover('codex', { codex: { command } }, '/usr/bin:/bin')).models;
    };
    expect(await modelsWith('')).toEqual(['a', 'c']);
    expect(await modelsWith('model = "mine"\n[profiles.x]\nmodel = "other"\n')).toEqual(['mine', 'a', 'c']);
    expect(await modelsWith('[profiles.x]\nmodel = "other"\nmodel_provider = "p"\n')).toEqual(['a', 'c']);
    expect(await modelsWith('model = "mine"\nmodel_provider = "local"\n')).toEqual(['mine']);
  });

  test('names only capabilities that are known words', async () => {
    const command = program('#!/bin/sh\necho 1.0.0\n');
    const own = { command };
    const config = { claude: own, codex: own, gemini: own, copilot: own, opencode: own };
    for (const id of Object.keys(config)) {
      const { capabilities } = await discover(id, config, '/usr/bin:/bin');
      expect(PROVIDER_CAPABILITIES).toEqual(expect.arrayContaining(capabilities ?? ['none']));
    }
  });
});

const opencode = await cachedAgent('opencode');

test.skipIf('missing' in opencode)(
  'the real opencode names the models of its configuration',
  { timeout: 90_000 },
  async () => {
    const command = 'program' in opencode ? opencode.program : '';
    const home = prepareHome('opencode', root, 'http://127.0.0.1:9');
    const status = await discover('opencode', { opencode: { command } }, '/usr/bin:/bin', home);
    expect(status).toMatchObject({ isInstalled: true, foundAt: command, version: '1.18.33' });
    // It may take too long at first, on a machine that is busy with something else.
    const models = async () => (await discover('opencode', { opencode: { command } }, '/usr/bin:/bin', home)).models;
    await expect.poll(models, { timeout: 60_000 }).toContain('fake/fake-model');
  },
);

test('what was found is printed in a few lines', () => {
  const models = Array.from({ length: 9 }, (_, n) => `m-${n}`);
  const found = { isInstalled: true, version: '1.0', foundAt: '/bin/x', capabilities: ['messages', 'cost'], models };
  expect(providerLines({ id: 'x', name: 'X', ...found })).toEqual([
    'X  1.0  /bin/x',
    'Offers: messages, cost',
    'Models: m-0, m-1, m-2, m-3, m-4, m-5 and 3 more',
  ]);
  expect(providerLines({ id: 'x', name: 'X', isInstalled: false, problem: 'Install it.' })).toEqual([
    'X  not installed',
    'Install it.',
  ]);
});
