import { z } from 'zod';

const programSchema = z.strictObject({
  /** An absolute path, or a name that is looked for in PATH. */
  command: z.string().min(1),
  args: z.array(z.string()).default([]),
  env: z.record(z.string(), z.string()).default({}),
  /** Whether the program gets the instructions on its standard input; otherwise it gets none. */
  stdin: z.enum(['instructions', 'none']).default('none'),
});

/** Programs that the user configured, by the names that tasks call them. */
export const programsSchema = z.strictObject({
  programs: z.record(z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/), programSchema).default({}),
});

/** `args` may hold `{instructions}`, `{taskFile}`, `{taskDir}`, `{artifactsDir}`. */
export type ProgramConfig = z.input<typeof programSchema>;

export type Placeholder = 'instructions' | 'taskFile' | 'taskDir' | 'artifactsDir';

/**
 * Puts values in. No shell is involved, so a value is never more than (part of) one argument; and it is done in one
 * pass, so a value that looks like a placeholder stays as it is.
 */
export function fillArguments(args: readonly string[], values: Readonly<Record<Placeholder, string>>): string[] {
  return args.map((argument) =>
    argument.replace(/\{(instructions|taskFile|taskDir|artifactsDir)\}/g, (_, name: Placeholder) => values[name]),
  );
}
