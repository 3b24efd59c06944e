import { useRef, useState } from 'react';
import { sourceOfBlob } from '../../../client/upload-file.ts';
import { sentenceOfReason } from '../../../ui/words/reasons.ts';
import { useClient } from '../../app/client-context.ts';
import { navigate } from '../../app/router.ts';
import { pathOfTask } from '../../app/routes.ts';
import { type Draft, EMPTY_DRAFT, saveDraft, titleOfInstructions } from './draft.ts';

export type LaunchState =
  | { readonly step: 'editing'; readonly problem: string }
  | { readonly step: 'sending'; readonly sentBytes: number; readonly totalBytes: number };

/** Sends the files and the launch, and turns to the task's page once the server has stored them. */
export function useLaunch() {
  const client = useClient();
  const [state, setState] = useState<LaunchState>({ step: 'editing', problem: '' });
  const abort = useRef<AbortController | null>(null);

  const launch = async (draft: Draft, files: readonly File[]): Promise<void> => {
    abort.current = new AbortController();
    setState({ step: 'sending', sentBytes: 0, totalBytes: 0 });
    const { bridgeId, provider, workspace, project, instructions, program, model } = draft;
    const launched = client.launchTask(
      {
        bridgeId,
        provider,
        workspace,
        ...(project && { project }),
        instructions,
        title: draft.title.trim() || titleOfInstructions(instructions) || 'Untitled',
        files: files.map((file) => sourceOfBlob(file.name, file)),
        settings: { ...(program && { program }), ...(model && { model }) },
      },
      {
        signal: abort.current.signal,
        onProgress: (sentBytes, totalBytes) => setState({ step: 'sending', sentBytes, totalBytes }),
      },
    );
    const accepted = await launched.accepted;
    if (accepted.ok) {
      saveDraft({ ...EMPTY_DRAFT, bridgeId, provider, workspace, project, program, model });
      await client.when((now) => now.tasks.some(({ taskId }) => taskId === launched.taskId), 5_000).catch(() => {});
      return navigate(pathOfTask(launched.taskId));
    }
    const outcome = accepted.error;
    const problem =
      outcome.outcome === 'rejected'
        ? sentenceOfReason(outcome.reason)
        : 'The control plane could not be reached in time. Your draft is kept; try again.';
    setState({ step: 'editing', problem });
  };

  return { state, launch, stop: () => abort.current?.abort() };
}
