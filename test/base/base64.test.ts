import fc from 'fast-check';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { fromBase64, toBase64 } from '../../src/base/base64.ts';

afterEach(() => vi.unstubAllGlobals());

describe.each(['Node', 'a browser'])('base64 in %s', (platform) => {
  const enter = (): void => {
    if (platform === 'a browser') vi.stubGlobal('Buffer', undefined);
  };

  test('decodes to the bytes that were encoded', () => {
    enter();
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        expect([...fromBase64(toBase64(bytes))]).toEqual([...bytes]);
      }),
    );
  });

  // Each looks like base64 to some decoder: spaces, the other alphabet, a letter beyond Latin that ends like an A.
  const symbol = fc.constantFrom(...'AZaz09+/=-_ \n.\u0141\u00e9\u{1f600}');

  test('refuses anything but the one spelling of some bytes', () => {
    enter();
    const strict = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/][AQgw]==|[A-Za-z0-9+/]{2}[AEIMQUYcgkosw048]=)?$/;
    fc.assert(
      fc.property(fc.array(symbol, { maxLength: 12 }), (symbols) => {
        const text = symbols.join('');
        if (strict.test(text)) expect(toBase64(fromBase64(text))).toBe(text);
        else expect(() => fromBase64(text)).toThrow(TypeError);
      }),
      { numRuns: 5_000 },
    );
  });
});
