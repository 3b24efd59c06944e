import { type RefObject, useId } from 'react';
import type { WebState, WebTask } from '../../../client/web-state.ts';
import { Button } from '../../../ui/button.tsx';
import { isLive, type ShownTaskState } from '../../../ui/words/states.ts';
import { agentNameOf } from '../task-rows.ts';
import { problemOfMessage, wordsOfSending } from './message-words.ts';
import type { Messages } from './use-messages.ts';

const CONTINUE = 'Go on with the task.';
const ROWS_MAX = 8;

interface MessageBoxProps {
  task: WebTask;
  state: WebState;
  shownState: ShownTaskState;
  messages: Messages;
  field: RefObject<HTMLTextAreaElement | null>;
  onSend: (text: string) => void;
}

/** Below the log: what a person says to the agent. Enter sends where there is a keyboard, the button everywhere. */
export function MessageBox({ task, state, shownState, messages, field, onSend }: MessageBoxProps) {
  const hintId = useId();
  const agent = agentNameOf(state, task.bridgeId, task.provider);
  const isRemoved = state.isLoaded && !state.bridges.some(({ bridgeId }) => bridgeId === task.bridgeId);
  const text = messages.text.trim();
  const problem = problemOfMessage(text) ?? messages.problem;
  const canSend = text !== '' && !isRemoved && problemOfMessage(text) === undefined;
  const hasContinue = text === '' && !isLive(shownState) && shownState !== 'succeeded';
  const submit = (): void => {
    if (canSend) onSend(text);
  };
  return (
    <form
      noValidate
      aria-label={`Message to ${agent}`}
      className="shrink-0 border-t border-line bg-surface px-4 pt-2.5 pb-[max(10px,env(safe-area-inset-bottom))] md:px-6"
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      <div className="max-w-[812px]">
        <div className="flex items-end gap-2">
          <textarea
            ref={field}
            className="field block max-h-[35dvh] min-w-0 flex-1 resize-none py-1 -outline-offset-1 [field-sizing:content] pointer-coarse:py-[9px]"
            // Where field-sizing is unknown, its lines make it grow.
            rows={Math.min(ROWS_MAX, messages.text.split('\n').length)}
            value={messages.text}
            disabled={isRemoved}
            placeholder={`Message to ${agent}`}
            aria-label={`Message to ${agent}`}
            aria-describedby={hintId}
            aria-invalid={problem !== ''}
            aria-keyshortcuts="m"
            enterKeyHint={hasKeyboard() ? 'send' : 'enter'}
            onChange={(event) => messages.write(event.target.value)}
            onKeyDown={(event) => {
              if (event.key === 'Escape') event.currentTarget.blur();
              if (!isSendKey(event)) return;
              event.preventDefault();
              submit();
            }}
          />
          {hasContinue && (
            <Button disabled={isRemoved} title={`Sends “${CONTINUE}”`} onClick={() => onSend(CONTINUE)}>
              Continue
            </Button>
          )}
          <Button look="primary" type="submit" disabled={!canSend} className={hasContinue ? 'max-md:hidden' : ''}>
            Send
          </Button>
        </div>
        <p
          id={hintId}
          className={`mt-1 text-12 ${problem ? 'text-bad' : 'text-dim'}`}
          role={problem ? 'alert' : undefined}
        >
          {problem ||
            (isRemoved
              ? 'This machine was removed, so nothing can be sent to it.'
              : wordsOfSending(task, state, shownState))}
        </p>
      </div>
    </form>
  );
}

/** Enter alone, or with Control or Command; not while an input method composes, nor on a phone's own keyboard. */
function isSendKey(event: React.KeyboardEvent<HTMLTextAreaElement>): boolean {
  if (event.key !== 'Enter' || event.nativeEvent.isComposing || event.shiftKey || event.altKey) return false;
  return event.ctrlKey || event.metaKey || hasKeyboard();
}

function hasKeyboard(): boolean {
  return !matchMedia('(pointer: coarse)').matches;
}
