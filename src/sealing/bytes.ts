import { fromBase64 } from '../base/base64.ts';

export function utf8(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}

/**
 * What a seal or a signature covers: UTF-8 of a JSON array whose first entry is a versioned name of the purpose. JSON
 * quotes every string, so no two different lists of fields have the same bytes and no purpose can pass for another.
 */
export function encodeBound(parts: readonly [purpose: string, ...fields: (string | number | null)[]]): Uint8Array {
  return utf8(JSON.stringify(parts));
}

export function concatBytes(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(parts.reduce((total, part) => total + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** Decodes base64 of the one canonical spelling (unused last bits are zero), or returns undefined. */
export function decodeBase64(text: string): Uint8Array | undefined {
  try {
    return fromBase64(text);
  } catch {
    return undefined;
  }
}

/** Reads UTF-8 JSON, or returns undefined. (`null` is a valid value, undefined is none.) */
export function decodeJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch {
    return undefined;
  }
}
