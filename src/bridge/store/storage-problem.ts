import type { LogHealth } from './bridge-log.ts';

/** While a log cannot be written: what people are told, in one sentence. A log that cannot be read is another matter. */
export function storageProblemOf(health: LogHealth): string | undefined {
  const failed = [...health.values()].find(({ code }) => code === 'storage_failed');
  if (!failed) return undefined;
  return `This machine cannot write to its disk: agents wait, and nothing they printed is lost. Free some space and it goes on by itself. (${failed.message})`;
}
