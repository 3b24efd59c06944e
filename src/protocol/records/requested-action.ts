/**
 * The command line in a tool's input, as text or as an argument list. One reading for all: what a person is shown, what
 * the terminal prints and what the machine's policy decides about.
 */
export function commandOf(input: unknown): string | undefined {
  const record = recordOf(input);
  const command = record?.command ?? record?.cmd ?? record?.argv;
  if (typeof command === 'string') return command;
  return Array.isArray(command) && command.every((part) => typeof part === 'string')
    ? command.map(quoteArgument).join(' ')
    : undefined;
}

function quoteArgument(argument: string): string {
  return /^[\w@%+=:,./-]+$/.test(argument) ? argument : `'${argument.replaceAll("'", "'\\''")}'`;
}

function recordOf(input: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof input === 'object' && input !== null ? (input as Readonly<Record<string, unknown>>) : undefined;
}
