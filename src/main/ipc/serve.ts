import { ipcMain, type WebContents, type WebFrameMain } from 'electron/main';
import { codeOf, messageOf } from '../../base/errors.ts';
import type { Logger } from '../../bridge/ports.ts';
import {
  type Contract,
  type EventName,
  type EventOf,
  REQUESTS,
  type RequestName,
  type ResponseOf,
} from '../../protocol/ui/ipc.ts';
import { type Answer, CHANNELS } from '../../protocol/ui/ipc-channels.ts';
import { APP_ORIGIN } from '../windows/app-scheme.ts';

/** What main does for each request. The payload has the request's shape; the answer is checked too. */
export type Handlers = {
  readonly [N in RequestName]: (payload: RequestPayload<N>) => Promise<ResponseOf<N>> | ResponseOf<N>;
};
type RequestPayload<N extends RequestName> = (typeof REQUESTS)[N]['request']['_zod']['output'];

export interface ServeOptions {
  readonly logger: Logger;
  /** Sends the state as it is now to the window. */
  pushState(): void;
}

/** Answers the window's requests. Only the main frame of our own page is listened to (electron: security, 17). */
export function serveRequests(handlers: Handlers, { logger, pushState }: ServeOptions): void {
  ipcMain.handle(CHANNELS.request, async (event, name: unknown, payload: unknown): Promise<Answer<unknown>> => {
    if (!isOurPage(event.senderFrame)) return refusal('sender_unknown', 'This page may not ask for anything.');
    if (typeof name !== 'string' || !Object.hasOwn(REQUESTS, name))
      return refusal('request_unknown', 'Unknown request.');
    const given = await answer(handlers, name as RequestName, payload, logger);
    // The page must never show what was before, after it was told that it is done.
    if (!(REQUESTS[name as RequestName] as Contract).isReading) pushState();
    return given;
  });
}

async function answer<N extends RequestName>(
  handlers: Handlers,
  name: N,
  payload: unknown,
  logger: Logger,
): Promise<Answer<unknown>> {
  const { request, response } = REQUESTS[name];
  const parsed = request.safeParse(payload);
  if (!parsed.success) return refusal('request_malformed', `${name}: ${parsed.error.issues[0]?.message ?? 'invalid'}`);
  try {
    return { ok: true, value: response.parse(await handlers[name](parsed.data as RequestPayload<N>)) };
  } catch (error) {
    const code = codeOf(error) ?? 'internal';
    logger.warn({ event: 'window_request_failed', name, code, error: messageOf(error) });
    return refusal(code, messageOf(error));
  }
}

export function sendEvent<N extends EventName>(to: WebContents | undefined, name: N, payload: EventOf<N>): void {
  if (to && !to.isDestroyed()) to.send(CHANNELS.event, name, payload);
}

function isOurPage(frame: WebFrameMain | null): boolean {
  return frame !== null && frame.parent === null && frame.url.startsWith(`${APP_ORIGIN}/`);
}

function refusal(code: string, message: string): Answer<never> {
  return { ok: false, code, message };
}
