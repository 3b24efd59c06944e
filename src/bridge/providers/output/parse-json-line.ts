/** The object that a line of JSON is. Undefined for anything else: something else than the protocol wrote it. */
export function parseJsonLine(bytes: Uint8Array): object | undefined {
  try {
    const json: unknown = JSON.parse(new TextDecoder().decode(bytes));
    return typeof json === 'object' && json !== null ? json : undefined;
  } catch {
    return undefined;
  }
}
