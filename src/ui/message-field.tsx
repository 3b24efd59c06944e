import { type RefObject, useId } from 'react';
import { sizeOf } from '../base/times.ts';
import { INSTRUCTIONS_MAX_BYTES } from '../protocol/limits.ts';
import { Button } from './button.tsx';

const CONTINUE = 'Go on with the task.';
const ROWS_MAX = 8;

interface MessageFieldProps {
  agentName: string;
  text: string;
  /** Why the last one did not go, or an empty text. */
  problem: string;
  /** What will become of a message that is sent now. */
  hint: string;
  isDisabled: boolean;
  /** The task ended before it was done. */
  canContinue: boolean;
  field: RefObject<HTMLTextAreaElement | null>;
  onWrite: (text: string) => void;
  onSend: (text: string) => void;
}

/** Below the log: what a person says to the agent. Enter sends where there is a keyboard, the button everywhere. */
export function MessageField(props: MessageFieldProps) {
  const { agentName, hint, isDisabled, field, onWrite, onSend } = props;
  const hintId = useId();
  const text = props.text.trim();
  const problem = problemOfMessage(text) ?? props.problem;
  const canSend = text !== '' && !isDisabled && problemOfMessage(text) === undefined;
  const hasContinue = text === '' && props.canContinue;
  const submit = (): void => {
    if (canSend) onSend(text);
  };
  return (
    <form
      noValidate
      aria-label={`Message to ${agentName}`}
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
            rows={Math.min(ROWS_MAX, props.text.split('\n').length)}
            value={props.text}
            disabled={isDisabled}
            placeholder={`Message to ${agentName}`}
            aria-label={`Message to ${agentName}`}
            aria-describedby={hintId}
            aria-invalid={problem !== ''}
            aria-keyshortcuts="m"
            enterKeyHint={hasKeyboard() ? 'send' : 'enter'}
            onChange={(event) => onWrite(event.target.value)}
            onKeyDown={(event) => {
              if (event.key === 'Escape') event.currentTarget.blur();
              if (!isSendKey(event)) return;
              event.preventDefault();
              submit();
            }}
          />
          {hasContinue && (
            <Button disabled={isDisabled} title={`Sends “${CONTINUE}”`} onClick={() => onSend(CONTINUE)}>
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
          {problem || hint}
        </p>
      </div>
    </form>
  );
}

/** Why this text cannot be sent, or undefined. */
function problemOfMessage(text: string): string | undefined {
  const bytes = new TextEncoder().encode(text).length;
  if (bytes <= INSTRUCTIONS_MAX_BYTES) return undefined;
  return `The message is ${sizeOf(bytes)}; at most 64 KiB are possible. Shorten it.`;
}

/** Enter alone, or with Control or Command; not while an input method composes, nor on a phone's own keyboard. */
function isSendKey(event: React.KeyboardEvent<HTMLTextAreaElement>): boolean {
  if (event.key !== 'Enter' || event.nativeEvent.isComposing || event.shiftKey || event.altKey) return false;
  return event.ctrlKey || event.metaKey || hasKeyboard();
}

function hasKeyboard(): boolean {
  return !matchMedia('(pointer: coarse)').matches;
}
