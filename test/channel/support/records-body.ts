/** The channel does not look into bodies; they only have to be base64. */
export function bodyOf(records: readonly string[]): string {
  return Buffer.from(JSON.stringify(records)).toString('base64');
}

export function recordsIn(body: string): string[] {
  return JSON.parse(Buffer.from(body, 'base64').toString()) as string[];
}
