/**
 * Base64 with padding (RFC 4648 section 4) and base64url without (section 5), in Node and in browsers.
 * Decoding throws a TypeError on anything but the one canonical spelling (RFC 4648 section 3.5).
 */
export function toBase64(bytes: Uint8Array): string {
  if (typeof Buffer !== 'undefined')
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
  return btoa(binaryString(bytes));
}

export function fromBase64(text: string): Uint8Array {
  return typeof Buffer === 'undefined' ? decodeInBrowser(text) : decodeInNode(text);
}

/** Whether this is the one spelling of some bytes. */
export function isBase64(text: string): boolean {
  try {
    fromBase64(text);
    return true;
  } catch {
    return false;
  }
}

export function toBase64Url(bytes: Uint8Array): string {
  return toBase64(bytes).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
}

export function fromBase64Url(text: string): Uint8Array {
  if (!/^[A-Za-z0-9_-]*$/.test(text) || text.length % 4 === 1) throw new TypeError('Not valid base64url');
  const padding = '='.repeat((4 - (text.length % 4)) % 4);
  return fromBase64(text.replaceAll('-', '+').replaceAll('_', '/') + padding);
}

// Platforms skip what is no base64 and take other spellings. To encode again and compare is many times faster than a
// regular expression, which on a segment of output took longer than to open its seal.
function decodeInNode(text: string): Uint8Array {
  const buffer = Buffer.from(text, 'base64');
  if (buffer.toString('base64') !== text) throw invalid();
  return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);
}

function decodeInBrowser(text: string): Uint8Array {
  const binary = binaryOf(text);
  if (btoa(binary) !== text) throw invalid();
  const bytes = new Uint8Array(binary.length);
  for (let at = 0; at < binary.length; at++) bytes[at] = binary.charCodeAt(at);
  return bytes;
}

function binaryOf(text: string): string {
  try {
    return atob(text);
  } catch {
    throw invalid();
  }
}

function invalid(): TypeError {
  return new TypeError('Not valid base64');
}

// In slices: `String.fromCharCode(...bytes)` on a large array overflows the stack.
function binaryString(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += 0x8000) text += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  return text;
}
