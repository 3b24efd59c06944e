import { err, ok, type Result } from '../../base/result.ts';
import type { FrameProblem } from '../../protocol/wire/frames.ts';
import { type WebClientFrame, webClientFrameSchema } from '../../protocol/wire/web.ts';

const KINDS: ReadonlySet<string> = new Set(
  webClientFrameSchema.options.flatMap((option) => [...option.shape.type.values]),
);

/** Reads one frame of a page; `json` is the same as it came, unknown fields included. Never throws. */
export function readWebFrame(text: string): Result<{ frame: WebClientFrame; json: unknown }, FrameProblem> {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return malformed('not JSON');
  }
  const kind = typeof json === 'object' && json !== null && 'type' in json ? json.type : undefined;
  if (typeof kind !== 'string') return malformed('no type');
  if (!KINDS.has(kind)) {
    return err({ code: 'unknown_kind', message: `unknown frame type ${JSON.stringify(kind.slice(0, 40))}` });
  }
  const parsed = webClientFrameSchema.safeParse(json);
  if (parsed.success) return ok({ frame: parsed.data, json });
  const issue = parsed.error.issues[0];
  return malformed(`${kind}.${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'invalid'}`);
}

function malformed(message: string): Result<never, FrameProblem> {
  return err({ code: 'malformed', message: message.slice(0, 300) });
}
