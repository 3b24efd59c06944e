import { open } from 'node:fs/promises';

// ELF, or Mach-O in its three spellings.
const MAGIC = ['7f454c46', 'cffaedfe', 'cefaedfe', 'cafebabe'];

/** Whether the file is a program itself and not a script that launches one. */
export async function isNativeProgram(file: string): Promise<boolean> {
  const handle = await open(file, 'r');
  try {
    const { buffer } = await handle.read(Buffer.alloc(4), 0, 4, 0);
    return MAGIC.includes(buffer.toString('hex'));
  } finally {
    await handle.close();
  }
}
