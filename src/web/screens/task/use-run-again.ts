import { useCallback } from 'react';
import type { WebTask } from '../../../client/web-state.ts';
import type { LogSummary } from '../../../ui/log/log-blocks.ts';
import { EMPTY_DRAFT, saveDraft } from '../new-task/draft.ts';

/** Puts what a task was asked into the form for a new one. Attached files are on the machine and must be added again. */
export function useRunAgain(task: WebTask, summary: LogSummary | null): () => void {
  return useCallback(() => {
    saveDraft({
      ...EMPTY_DRAFT,
      instructions: summary?.instructions ?? '',
      title: summary?.title ?? task.title ?? '',
      bridgeId: task.bridgeId,
      provider: task.provider,
      workspace: summary?.workspace ?? task.workspace ?? '',
      project: summary?.project ?? null,
    });
  }, [task, summary]);
}
