import { randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { codeOf } from '../../../base/errors.ts';
import { writeFileAtomically } from '../../store/atomic-file.ts';

const SHAPE = /^[0-9a-f-]{36}$/;

/**
 * What marks the processes of this bridge, kept in `<folder>/id`. The same in all its lives, so that a life that took
 * over what an earlier one started answers for it too; random, so that no other bridge on the machine has it.
 */
export function bridgeIdOf(folder: string): string {
  const file = path.join(folder, 'id');
  const kept = readIfThere(file)?.trim();
  if (kept !== undefined && SHAPE.test(kept)) return kept;
  const made = randomUUID();
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  writeFileAtomically(file, `${made}\n`, 0o600);
  return made;
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}
