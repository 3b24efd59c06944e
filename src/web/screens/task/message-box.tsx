import type { RefObject } from 'react';
import type { WebState, WebTask } from '../../../client/web-state.ts';
import { MessageField } from '../../../ui/message-field.tsx';
import { isLive, type ShownTaskState } from '../../../ui/words/states.ts';
import { agentNameOf } from '../task-rows.ts';
import { wordsOfSending } from './message-words.ts';
import type { Messages } from './use-messages.ts';

interface MessageBoxProps {
  task: WebTask;
  state: WebState;
  shownState: ShownTaskState;
  messages: Messages;
  field: RefObject<HTMLTextAreaElement | null>;
  onSend: (text: string) => void;
}

/** What a person says to the agent of a task, over the control plane. */
export function MessageBox({ task, state, shownState, messages, field, onSend }: MessageBoxProps) {
  const isRemoved = state.isLoaded && !state.bridges.some(({ bridgeId }) => bridgeId === task.bridgeId);
  return (
    <MessageField
      agentName={agentNameOf(state, task.bridgeId, task.provider)}
      text={messages.text}
      problem={messages.problem}
      hint={
        isRemoved ? 'This machine was removed, so nothing can be sent to it.' : wordsOfSending(task, state, shownState)
      }
      isDisabled={isRemoved}
      canContinue={!isLive(shownState) && shownState !== 'succeeded'}
      field={field}
      onWrite={messages.write}
      onSend={onSend}
    />
  );
}
