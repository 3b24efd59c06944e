import { open } from 'node:fs/promises';

// ELF, Mach-O in its three spellings, or the first two bytes of a Windows program.
const MAGIC = ['7f454c46', 'cffaedfe', 'cefaedfe', 'cafebabe', '4d5a'];

/** Whether the file is a program itself and not a script that launches one. */
export async function isNativeProgram(file: string): Promise<boolean> {
  const handle = await open(file, 'r');
  try {
    const { buffer } = await handle.read(Buffer.alloc(4), 0, 4, 0);
    const start = buffer.toString('hex');
    return MAGIC.some((magic) => start.startsWith(magic));
  } finally {
    await handle.close();
  }
}
