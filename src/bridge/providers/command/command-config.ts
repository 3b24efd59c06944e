/** A program that the user configured. `args` may hold `{instructions}`, `{taskFile}`, `{taskDir}`, `{artifactsDir}`. */
export interface ProgramConfig {
  /** An absolute path, or a name that is looked for in PATH. */
  readonly command: string;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Whether the program gets the instructions on its standard input; otherwise it gets none. */
  readonly stdin?: 'instructions' | 'none';
}

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
