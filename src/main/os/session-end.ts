/** The part of a window that hears of it. */
export interface SessionWindow {
  on(event: 'query-session-end' | 'session-end', listener: () => void): unknown;
}

/**
 * Tells that Windows ends the session, which is no signal there but a message to windows. The question before it is what
 * leaves time to end tasks: a program that has let the end begin is terminated, whatever others say to it. It is not
 * refused, because the person chose it and a bridge that ended hard finds its tasks again.
 */
export function onSessionEnd(window: SessionWindow, listener: () => void): void {
  window.on('query-session-end', listener);
  window.on('session-end', listener);
}
