import { describe, expect, it } from 'vitest';
import { toBase64Url } from '../../src/base/base64.ts';
import { formatPairingLink, parsePairingLink } from '../../src/sealing/pairing-link.ts';
import { randomBytes } from '../../src/sealing/random.ts';

const secret = randomBytes(32);
const secretText = toBase64Url(secret);
const fragment = `v1.bridge.pairing-1.${secretText}`;
const value = { origin: 'https://control.example', kind: 'bridge', pairingId: 'pairing-1', secret } as const;

describe('a pairing link', () => {
  it('reads back as it was written, on a server and on this machine', () => {
    for (const origin of [
      'https://control.example',
      'https://control.example:8443',
      'http://127.0.0.1:4000',
      'http://[::1]:4000',
      'http://localhost',
    ])
      expect(parsePairingLink(formatPairingLink(origin, value))).toEqual({ ok: true, value: { ...value, origin } });
  });

  it.each([
    `  https://control.example/pair#${fragment}\n`,
    `https://control.example/pair/#${fragment}`,
    `https://control.example/pair#${fragment.slice(0, 30)}\r\n  ${fragment.slice(30)}`,
    `ctrlnode://pair?server=https%3A%2F%2Fcontrol.example#${fragment}`,
    `CTRLNODE://pair/?server=https://control.example#${fragment}`,
  ])('is read from %j', (text) => {
    expect(parsePairingLink(text)).toEqual({ ok: true, value });
  });

  it.each([
    ['', 'link_invalid', /not a pairing link/],
    ['hello', 'link_invalid', /not a pairing link/],
    ['https://control.example/pair', 'link_invalid', /not a pairing link/],
    [`https://control.example/other#${fragment}`, 'link_invalid', /not a pairing link/],
    [`ftp://control.example/pair#${fragment}`, 'link_invalid', /not a web address/],
    [`https://me:word@control.example/pair#${fragment}`, 'link_invalid', /not a web address/],
    [`ctrlnode://pair?server=javascript:alert(1)#${fragment}`, 'link_invalid', /not a web address/],
    [`ctrlnode://pair#${fragment}`, 'link_invalid', /not a pairing link/],
    [`http://control.example/pair#${fragment}`, 'link_insecure', /not encrypted/],
    [`http://127.0.0.1.example/pair#${fragment}`, 'link_insecure', /not encrypted/],
    [`ctrlnode://pair?server=http://10.0.0.1#${fragment}`, 'link_insecure', /not encrypted/],
    [`https://control.example/pair#v2.bridge.pairing-1.${secretText}`, 'link_version_unknown', /Update/],
    [`https://control.example/pair#v1.robot.pairing-1.${secretText}`, 'link_invalid', /part of it is missing/],
    [`https://control.example/pair#v1.bridge.Pairing_1.${secretText}`, 'link_invalid', /part of it is missing/],
    [`https://control.example/pair#${fragment}.more`, 'link_invalid', /part of it is missing/],
    ['https://control.example/pair#v1.bridge.pairing-1', 'link_invalid', /Copy the whole link/],
    [`https://control.example/pair#${fragment.slice(0, -1)}`, 'link_invalid', /Copy the whole link/],
    [`https://control.example/pair#v1.bridge.pairing-1.${'A'.repeat(2_000)}`, 'link_invalid', /not a pairing link/],
  ])('is refused: %j', (text, code, message) => {
    const parsed = parsePairingLink(text);
    expect(parsed).toMatchObject({ ok: false, error: { code, message: expect.stringMatching(message) } });
    expect(JSON.stringify(parsed)).not.toContain(secretText.slice(0, 20));
  });

  it('is not made for an address that it could not be read from', () => {
    expect(() => formatPairingLink('http://control.example', value)).toThrow(/not encrypted/);
    expect(() => formatPairingLink('control.example', value)).toThrow(/not a web address/);
  });
});
