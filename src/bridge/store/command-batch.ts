import { fromBase64 } from '../../base/base64.ts';
import { idSchema } from '../../protocol/names.ts';
import { commandEnvelopeSchema } from '../../protocol/wire/commands.ts';
import type { ReceivedCommand } from './inbox-table.ts';

export interface ReadBatch {
  readonly commands: readonly ReceivedCommand[];
  /** One sentence for each part that could not be read at all. */
  readonly problems: readonly string[];
}

/**
 * Reads the body of a `commands` segment: base64 of a JSON array of envelopes. Each entry stands for itself, and nothing
 * throws: a batch that cannot be read must not keep all later ones from coming.
 */
export function readCommandBatch(body: string): ReadBatch {
  const entries = parseArray(body);
  if (!entries) return { commands: [], problems: ['The batch is not a JSON array in base64.'] };
  const commands: ReceivedCommand[] = [];
  const problems: string[] = [];
  for (const [index, entry] of entries.entries()) {
    const envelope = commandEnvelopeSchema.safeParse(entry);
    if (envelope.success) {
      commands.push({ envelope: envelope.data });
      continue;
    }
    const issue = envelope.error.issues[0];
    const problem = `${issue?.path.join('.') || 'envelope'}: ${issue?.message ?? 'is not valid'}`.slice(0, 500);
    const commandId = commandIdOf(entry);
    if (commandId === undefined) problems.push(`Entry ${index + 1} is not a command. ${problem}`);
    else commands.push({ commandId, reason: { code: 'command_malformed', message: problem } });
  }
  return { commands, problems };
}

function parseArray(body: string): readonly unknown[] | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(fromBase64(body)).toString('utf8'));
    return Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function commandIdOf(entry: unknown): string | undefined {
  if (typeof entry !== 'object' || entry === null || !('commandId' in entry)) return undefined;
  return idSchema.safeParse(entry.commandId).data;
}
