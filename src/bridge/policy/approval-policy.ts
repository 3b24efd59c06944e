/** The rules by which this machine answers questions of agents itself. Pure: the file is policy-file.ts's. */
import { z } from 'zod';
import { messageOf } from '../../base/errors.ts';
import { err, ok, type Result } from '../../base/result.ts';
import { providerIdSchema } from '../../protocol/names.ts';
import type { ApprovalBy, ApprovalRequest } from '../../protocol/records/task-records.ts';
import { allowsCommand, concernsCommand, isComposed, matchesName } from './command-match.ts';
import { allowsFile, concernsFile, isWithin, type PathContext } from './path-match.ts';
import { factsOf, type RequestedFacts } from './requested-facts.ts';

const patternSchema = z
  .string()
  .min(1)
  .max(1_000)
  .regex(/^\S(?:.*\S)?$/, 'must not begin or end with a space');

const ruleSchema = z
  .strictObject({
    decision: z.enum(['allow', 'deny', 'ask']),
    provider: providerIdSchema.optional(),
    tool: patternSchema.optional(),
    command: patternSchema.optional(),
    path: patternSchema.optional(),
  })
  .refine(({ decision, tool, command, path }) => decision !== 'allow' || (tool ?? command ?? path) !== undefined, {
    error: 'an allow rule must name a tool, a command or a path',
  })
  .refine(({ decision, command = '' }) => decision !== 'allow' || !isComposed(command), {
    error: 'a command with shell operators is never allowed by a rule, so this one would never match',
  });
const policySchema = z.strictObject({ rules: z.array(ruleSchema).max(500) });
export type PolicyRule = z.infer<typeof ruleSchema>;

export interface PolicyContext extends Omit<PathContext, 'cwd'> {
  /** No rule allows anything in there: an agent that may write the rules would have none. */
  readonly protectedFolder: string;
}

export interface PolicyDecision {
  readonly decision: 'allow' | 'deny';
  /** From 1, as in the file. */
  readonly rule: number;
}

/** An answer that this machine gives without asking a person, and what gives it. */
export interface PolicyAnswer {
  readonly decision: 'allow' | 'deny';
  readonly by: ApprovalBy;
}

/** The kind of folder for which the user turned questions off. */
export type Unasked = 'workspace' | 'project';

/** The error is one sentence without the file's name. */
export function parsePolicy(text: string): Result<readonly PolicyRule[], string> {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    return err(messageOf(error));
  }
  const parsed = policySchema.safeParse(json);
  if (parsed.success) return ok(parsed.data.rules);
  const issue = parsed.error.issues[0];
  const [field, index, ...rest] = issue?.path ?? [];
  const place = typeof index === 'number' ? [`rule ${index + 1}`, ...rest].join(', ') : field?.toString();
  return err(`${place ? `${place}: ` : ''}${issue?.message ?? 'invalid'}`);
}

/** The first rule that matches decides. Undefined if a person is to be asked: by a rule, or because there is none. */
export function decide(
  rules: readonly PolicyRule[],
  request: ApprovalRequest['request'],
  context: PolicyContext,
): PolicyDecision | undefined {
  const index = rules.findIndex((rule) => matches(rule, request, context));
  const decision = rules[index]?.decision;
  return decision === 'allow' || decision === 'deny' ? { decision, rule: index + 1 } : undefined;
}

/**
 * The answer where questions are turned off: what the rules say, `ask` rules left out, else allow. Undefined, so that a
 * person is asked all the same, for what touches the bridge's own folder and for what cannot be held against the rules.
 */
export function decideUnasked(
  rules: readonly PolicyRule[],
  request: ApprovalRequest['request'],
  context: PolicyContext,
  where: Unasked,
): PolicyAnswer | undefined {
  const index = rules.findIndex((rule) => rule.decision !== 'ask' && matches(rule, request, context));
  if (rules[index]?.decision === 'deny') return { decision: 'deny', by: { kind: 'policy', rule: index + 1 } };
  const facts = factsOf(request.input);
  if (facts.isUnclear || touches(context.protectedFolder, facts, { ...context, cwd: request.cwd })) return undefined;
  return { decision: 'allow', by: index < 0 ? { kind: where } : { kind: 'policy', rule: index + 1 } };
}

function matches(rule: PolicyRule, request: ApprovalRequest['request'], context: PolicyContext): boolean {
  const facts = factsOf(request.input);
  const paths = { ...context, cwd: request.cwd };
  if (rule.decision !== 'allow') return concerns(rule, request, facts, paths);
  return allows(rule, request, facts, paths) && !touches(context.protectedFolder, facts, paths);
}

function isFor(rule: PolicyRule, { provider, tool }: ApprovalRequest['request']): boolean {
  return (rule.provider ?? provider) === provider && (rule.tool === undefined || matchesName(rule.tool, tool));
}

function allows(
  rule: PolicyRule,
  request: ApprovalRequest['request'],
  { command, files, isUnclear }: RequestedFacts,
  paths: PathContext,
): boolean {
  if (!isFor(rule, request) || isUnclear) return false;
  const { command: wanted, path: place } = rule;
  if (wanted !== undefined && (command === undefined || !allowsCommand(wanted, command))) return false;
  if (place === undefined) return true;
  // A command may touch any file, whatever else the request names.
  if (wanted === undefined && command !== undefined) return false;
  return files.length > 0 && files.every((file) => allowsFile(place, file, paths));
}

function concerns(
  rule: PolicyRule,
  request: ApprovalRequest['request'],
  { command, files }: RequestedFacts,
  paths: PathContext,
): boolean {
  if (!isFor(rule, request)) return false;
  const { command: wanted, path: place } = rule;
  if (wanted !== undefined && (command === undefined || !concernsCommand(wanted, command))) return false;
  return place === undefined || files.some((file) => concernsFile(place, file, paths));
}

function touches(folder: string, { files }: RequestedFacts, paths: PathContext): boolean {
  return files.some((file) => isWithin(folder, file, paths));
}
