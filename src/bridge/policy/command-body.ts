import type { z } from 'zod';
import { err, ok, type Result } from '../../base/result.ts';
import type { Reason, ReasonCode } from '../../protocol/reason-codes.ts';
import {
  type ApprovalAnswer,
  COMMAND_BODIES,
  type CommandEnvelope,
  type FilePut,
  type TaskCancel,
  type TaskLaunch,
  type TaskPrompt,
} from '../../protocol/wire/commands.ts';
import { type Roster, type SignedRoster, signedRosterSchema } from '../../protocol/wire/roster.ts';
import { verifyRoster } from '../../sealing/roster.ts';

/** A command that passed the gate: who sent it is proven and its body has the shape of its action. */
export type VerifiedCommand = { readonly envelope: CommandEnvelope } & (
  | { readonly action: 'task_launch'; readonly body: TaskLaunch }
  | { readonly action: 'task_cancel'; readonly body: TaskCancel }
  | { readonly action: 'task_prompt'; readonly body: TaskPrompt }
  | { readonly action: 'file_put'; readonly body: FilePut }
  | { readonly action: 'approval_answer'; readonly body: ApprovalAnswer }
  | { readonly action: 'provider_sync' }
  | { readonly action: 'roster_update'; readonly body: SignedRoster; readonly roster: Roster }
  /** Something that only one provider understands; its own code reads the body. */
  | { readonly action: 'provider_action'; readonly provider: string; readonly name: string; readonly body: unknown }
);

export interface BodyContext {
  /** The one that is known already. */
  readonly roster: Roster | undefined;
  /** The provider that alone understands an action, if there is one. */
  readonly ownerOfAction: (action: string) => string | undefined;
}

export function parseCommandBody(
  envelope: CommandEnvelope,
  body: unknown,
  { roster, ownerOfAction }: BodyContext,
): Result<VerifiedCommand, Reason> {
  switch (envelope.action) {
    case 'task_launch':
      return parseLaunch(envelope, body);
    case 'task_cancel':
      return parseWithTask(envelope, COMMAND_BODIES.task_cancel, body, (parsed) => ({
        action: 'task_cancel',
        body: parsed,
      }));
    case 'task_prompt':
      return parseWithTask(envelope, COMMAND_BODIES.task_prompt, body, (parsed) => ({
        action: 'task_prompt',
        body: parsed,
      }));
    case 'approval_answer':
      return parseWithTask(envelope, COMMAND_BODIES.approval_answer, body, (parsed) => ({
        action: 'approval_answer',
        body: parsed,
      }));
    case 'file_put':
      return map(parse(COMMAND_BODIES.file_put, body), (parsed) => ({ envelope, action: 'file_put', body: parsed }));
    case 'provider_sync':
      return map(parse(COMMAND_BODIES.provider_sync, body), () => ({ envelope, action: 'provider_sync' }));
    case 'roster_update':
      return parseRosterUpdate(envelope, body, roster);
    default:
      return parseProviderAction(envelope, body, ownerOfAction(envelope.action));
  }
}

function parseLaunch(envelope: CommandEnvelope, body: unknown): Result<VerifiedCommand, Reason> {
  const launch = parse(COMMAND_BODIES.task_launch, body);
  if (!launch.ok) return launch;
  const { taskId, provider } = launch.value;
  // What the server was told in clear decides what it shows and schedules: it must be what was sealed.
  if (envelope.taskId !== taskId) return refuse('command_malformed', 'taskId: is not the one on the envelope.');
  if (envelope.provider !== provider) return refuse('command_malformed', 'provider: is not the one on the envelope.');
  return ok({ envelope, action: 'task_launch', body: launch.value });
}

function parseWithTask<T extends { readonly taskId: string }>(
  envelope: CommandEnvelope,
  schema: z.ZodType<T>,
  body: unknown,
  toCommand: (
    body: T,
  ) =>
    | { action: 'task_cancel'; body: TaskCancel }
    | { action: 'task_prompt'; body: T & TaskPrompt }
    | { action: 'approval_answer'; body: T & ApprovalAnswer },
): Result<VerifiedCommand, Reason> {
  const parsed = parse(schema, body);
  if (!parsed.ok) return parsed;
  if (envelope.taskId !== parsed.value.taskId)
    return refuse('command_malformed', 'taskId: is not the one on the envelope.');
  return ok({ envelope, ...toCommand(parsed.value) });
}

function parseRosterUpdate(
  envelope: CommandEnvelope,
  body: unknown,
  previous: Roster | undefined,
): Result<VerifiedCommand, Reason> {
  const signed = parse(signedRosterSchema, body);
  if (!signed.ok) return signed;
  const roster = verifyRoster(previous, signed.value);
  return map(roster, (verified) => ({ envelope, action: 'roster_update', body: signed.value, roster: verified }));
}

function parseProviderAction(
  envelope: CommandEnvelope,
  body: unknown,
  owner: string | undefined,
): Result<VerifiedCommand, Reason> {
  const { action, provider } = envelope;
  if (owner === undefined)
    return refuse('action_unknown', `This bridge does not know the action “${action}”. Is it up to date?`);
  if (provider !== owner) {
    const target = provider === undefined ? 'no provider' : `the provider “${provider}”`;
    return refuse(
      'action_not_for_provider',
      `The action “${action}” is for “${owner}” only, but was sent to ${target}.`,
    );
  }
  return ok({ envelope, action: 'provider_action', provider: owner, name: action, body });
}

function parse<T>(schema: z.ZodType<T>, body: unknown): Result<T, Reason> {
  const parsed = schema.safeParse(body);
  if (parsed.success) return ok(parsed.data);
  const issue = parsed.error.issues[0];
  return refuse(
    'command_malformed',
    `${issue?.path.join('.') || 'body'}: ${issue?.message ?? 'is not valid'}`.slice(0, 500),
  );
}

function map<T, U, E>(result: Result<T, E>, change: (value: T) => U): Result<U, E> {
  return result.ok ? ok(change(result.value)) : result;
}

function refuse(code: ReasonCode, message: string): Result<never, Reason> {
  return err({ code, message });
}
