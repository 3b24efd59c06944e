import { CodedError, codeOf } from '../../base/errors.ts';

/** A full, read-only or failing disk as `storage_failed` with a sentence for people; any other error as it is. */
export function explainStorage(error: unknown): unknown {
  const code = codeOf(error) ?? '';
  if (!/^(?:SQLITE_(?:FULL|READONLY|IOERR|CANTOPEN)|ENOSPC|EROFS|EDQUOT)/.test(code)) return error;
  const message = `The control plane cannot write to its disk (${code}). Free some space there, then try again.`;
  return new CodedError('storage_failed', message, { cause: error });
}
