const BATCH_FILE = /\.(?:cmd|bat)$/i;
/** What cmd.exe takes in one line, with room for quoting. */
const LINE_MAX = 8_000;

/**
 * Why `cmd.exe` cannot run a batch file with these arguments. What can be quoted is quoted when it is started; it ends a
 * command at a line break whatever the quotes, and what follows would run as another command.
 */
export function whyNotBatchFile(file: string, args: readonly string[]): string | undefined {
  if (!BATCH_FILE.test(file)) return undefined;
  const advice = 'Configure the .exe that it starts instead';
  if ([file, ...args].some((text) => /[\r\n\0]/.test(text)))
    return `it is a batch file, and Windows cannot give one an argument with a line break. ${advice}`;
  if (args.reduce((length, text) => length + 2 * text.length + 3, file.length) > LINE_MAX)
    return `it is a batch file, and its arguments are longer than Windows can give one. ${advice}`;
  return undefined;
}
