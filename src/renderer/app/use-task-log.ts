import { useEffect, useState } from 'react';
import { LogModel } from '../../ui/log/log-model.ts';
import { onEvent, request } from './desktop-client.ts';

export interface OpenLog {
  readonly model: LogModel;
  /** Changes with every change of the model. */
  readonly version: number;
  /** All that is durable was read once. */
  readonly isLoaded: boolean;
  /** Why no more of it can be read, or an empty text. */
  readonly problem: string;
}

const NOTHING = { version: 0, isLoaded: false, problem: '' };

/** A task's log while the component is there: pulled in batches from a place in its journal, drawn once per frame. */
export function useTaskLog(taskId: string): OpenLog {
  const [open, setOpen] = useState<OpenLog>(() => ({ model: new LogModel(), ...NOTHING }));
  useEffect(() => {
    const model = new LogModel();
    let cursor = 0;
    let frame = 0;
    let isPulling = false;
    let isWanted = false;
    let isGone = false;
    let isLoaded = false;
    const render = (): void => {
      frame = 0;
      setOpen((before) => ({ model, version: before.version + 1, isLoaded, problem: '' }));
    };
    const pull = async (): Promise<void> => {
      isWanted = true;
      if (isPulling) return;
      isPulling = true;
      while (isWanted && !isGone) {
        isWanted = false;
        const batch = await request('tasks/records', { taskId, cursor });
        if (isGone) return;
        cursor = batch.cursor;
        model.append(batch.records.map((record) => ({ kind: 'record', record })));
        isLoaded ||= batch.isCaughtUp;
        frame ||= requestAnimationFrame(render);
        isWanted ||= !batch.isCaughtUp;
      }
      isPulling = false;
    };
    const pullSafely = (): void =>
      void pull().catch((error: Error) => {
        isPulling = false;
        if (!isGone) setOpen((before) => ({ ...before, problem: `The log cannot be read: ${error.message}` }));
      });
    const stop = onEvent('task-grew', (grown) => grown.taskId === taskId && pullSafely());
    pullSafely();
    return () => {
      isGone = true;
      cancelAnimationFrame(frame);
      stop();
    };
  }, [taskId]);
  return open;
}
