import {
  EVENTS,
  type EventName,
  type EventOf,
  REQUESTS,
  type RequestName,
  type RequestOf,
  type ResponseOf,
} from '../../protocol/ui/ipc.ts';
import type { DesktopApi } from '../../protocol/ui/ipc-channels.ts';

declare global {
  interface Window {
    readonly ctrlnode: DesktopApi;
  }
}

/** An answer of main that says why not, in one sentence. */
export class RequestError extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

/** Asks main. Rejects with a {@link RequestError}. */
export async function request<N extends RequestName>(name: N, payload: RequestOf<N>): Promise<ResponseOf<N>> {
  const answer = await window.ctrlnode.request(name, payload);
  if (!answer.ok) throw new RequestError(answer.code, answer.message);
  return REQUESTS[name].response.parse(answer.value) as ResponseOf<N>;
}

/** Hears one kind of event; returns how to stop. What does not have its shape is dropped. */
export function onEvent<N extends EventName>(name: N, listen: (payload: EventOf<N>) => void): () => void {
  return window.ctrlnode.onEvent((heard, payload) => {
    if (heard !== name) return;
    const parsed = EVENTS[name].safeParse(payload);
    if (parsed.success) listen(parsed.data as EventOf<N>);
  });
}
