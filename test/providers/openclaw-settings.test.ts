import { expect, test } from 'vitest';
import { parseOpenClawSettings } from '../../src/bridge/providers/openclaw/settings.ts';

test('a launch that says nothing asks a person; it may be stricter', () => {
  expect(parseOpenClawSettings({})).toEqual({ ok: true, value: { permissionMode: 'guarded' } });
  expect(parseOpenClawSettings({ permissionMode: 'read-only' })).toMatchObject({ ok: true });
});

test.each([
  ['answers by a model', { permissionMode: 'workspace' }],
  ['no questions', { permissionMode: 'full' }],
  ['what looks like an option', { model: '--help' }],
  ['an agent by a path', { agent: '../other' }],
  ['what it does not know', { sandbox: 'off' }],
])('a launch cannot ask for %s', (_, settings) => {
  expect(parseOpenClawSettings(settings)).toMatchObject({ ok: false, error: { code: 'command_malformed' } });
});
