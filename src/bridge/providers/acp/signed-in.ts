import { access } from 'node:fs/promises';

/** Whether one of the files is there. What is in it is the agent's own. */
export async function anyFileExists(files: readonly string[]): Promise<boolean> {
  const found = await Promise.all(
    files.map((file) =>
      access(file).then(
        () => true,
        () => false,
      ),
    ),
  );
  return found.includes(true);
}
