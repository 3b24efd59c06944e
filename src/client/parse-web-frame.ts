import { err, ok, type Result } from '../base/result.ts';
import { type WebServerFrame, webServerFrameSchema } from '../protocol/wire/web.ts';

const KINDS: ReadonlySet<unknown> = new Set(
  webServerFrameSchema.options.map((option) => option.shape.type.value as unknown),
);

/** Reads one message of the server. Never throws. */
export function parseWebFrame(data: unknown): Result<WebServerFrame, 'malformed' | 'unknown_kind'> {
  if (typeof data !== 'string') return err('malformed');
  let json: unknown;
  try {
    json = JSON.parse(data);
  } catch {
    return err('malformed');
  }
  const parsed = webServerFrameSchema.safeParse(json);
  if (parsed.success) return ok(parsed.data);
  const kind = typeof json === 'object' && json !== null && 'type' in json ? json.type : undefined;
  return err(typeof kind === 'string' && !KINDS.has(kind) ? 'unknown_kind' : 'malformed');
}
