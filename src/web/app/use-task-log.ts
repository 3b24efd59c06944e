import { useEffect, useMemo, useState } from 'react';
import type { TaskLog } from '../../client/task-log.ts';
import type { WebClient } from '../../client/web-client.ts';
import { LogModel } from '../../ui/log/log-model.ts';
import { watchAbsences } from './watch-absences.ts';

export interface OpenLog {
  readonly model: LogModel;
  readonly log: TaskLog;
  /** Changes with every change of the model. */
  readonly version: number;
}

/** A task's log while the component is there. Renders at most once per frame, however much comes. */
export function useTaskLog(client: WebClient, taskId: string, bridgeId: string): OpenLog | null {
  const [open, setOpen] = useState<OpenLog | null>(null);
  useEffect(() => {
    const log = client.openTask(taskId, bridgeId);
    let model = new LogModel();
    let frame = 0;
    const render = (): void => {
      frame = 0;
      setOpen((before) => ({ model, log, version: (before?.version ?? 0) + 1 }));
    };
    const subscription = log.onDidChange((change) => {
      if (change.kind === 'replaced') {
        model = new LogModel();
        model.append(log.entries);
      } else if (change.kind === 'appended') model.append(change.entries);
      frame ||= requestAnimationFrame(render);
    });
    const absences = watchAbsences(client, bridgeId, (mark) => {
      model.append([mark]);
      frame ||= requestAnimationFrame(render);
    });
    render();
    return () => {
      cancelAnimationFrame(frame);
      subscription.dispose();
      absences.dispose();
      log.dispose();
      setOpen(null);
    };
  }, [client, taskId, bridgeId]);
  return open;
}

/** The blocks as a value that changes exactly when they do. */
export function useBlocks(open: OpenLog | null) {
  // The model changes in place; its version says when.
  // biome-ignore lint/correctness/useExhaustiveDependencies: see above
  return useMemo(() => (open ? open.model.blocks.slice() : []), [open?.model, open?.version]);
}
