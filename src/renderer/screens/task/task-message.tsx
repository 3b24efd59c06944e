import { type RefObject, useState } from 'react';
import type { DesktopState } from '../../../protocol/ui/desktop-state.ts';
import type { TaskSummary } from '../../../protocol/ui/snapshot.ts';
import { MessageField } from '../../../ui/message-field.tsx';
import { isLive } from '../../../ui/words/states.ts';
import { request } from '../../app/desktop-client.ts';
import { useAction } from '../../app/use-action.ts';

interface TaskMessageProps {
  task: TaskSummary;
  state: DesktopState;
  field: RefObject<HTMLTextAreaElement | null>;
  onSent: () => void;
}

/** What is being written, by task, while the window is open. */
const drafts = new Map<string, string>();

/** What a person says to the agent of a task of this machine. What was taken stands in the log at once. */
export function TaskMessage({ task, state, field, onSent }: TaskMessageProps) {
  const { taskId } = task;
  const [text, setText] = useState(drafts.get(taskId) ?? '');
  const action = useAction();
  const agent = state.snapshot.providers.find(({ id }) => id === task.provider)?.name ?? task.provider;
  const write = (value: string): void => {
    drafts.set(taskId, value);
    setText(value);
  };
  const send = async (message: string): Promise<void> => {
    await request('tasks/say', { taskId, text: message });
    if (drafts.get(taskId)?.trim() === message) write('');
    onSent();
  };
  return (
    <MessageField
      agentName={agent}
      text={text}
      problem={action.problem}
      hint={
        isLive(task.state)
          ? `A message is given when ${agent} has finished.`
          : `${agent} goes on with what you write, and knows what was said before.`
      }
      isDisabled={false}
      canContinue={!isLive(task.state) && task.state !== 'succeeded'}
      field={field}
      onWrite={write}
      onSend={(message) => !action.isBusy && action.run(() => send(message))}
    />
  );
}

/** Whether a task can be talked to: its agent takes messages, and has heard of it. */
export function takesMessages(task: TaskSummary, { snapshot }: DesktopState, hasBegun: boolean): boolean {
  if (task.filesRemovedAt !== null) return false;
  const provider = snapshot.providers.find(({ id }) => id === task.provider);
  return (provider?.capabilities?.includes('messages') ?? false) && (isLive(task.state) || hasBegun);
}
