import type { WebState, WebTask } from '../../../client/web-state.ts';
import { useNow } from '../../../ui/time-text.tsx';
import type { SentMessage } from './kept-messages.ts';
import { wordsOfSent } from './message-words.ts';

/** What was said and is not in the log yet, after its end. */
export function SentMessages({ sent, task, state }: { sent: readonly SentMessage[]; task: WebTask; state: WebState }) {
  const now = useNow(10_000);
  return sent.map((message) => (
    <div key={message.messageId} className="my-1 border-l-2 border-dashed border-edge pl-3">
      <p className="max-w-[72ch] whitespace-pre-wrap text-dim [overflow-wrap:anywhere]">{message.text}</p>
      <p className="text-12 text-faint" role="status">
        {wordsOfSent(message, task, state, now)}
      </p>
    </div>
  ));
}
