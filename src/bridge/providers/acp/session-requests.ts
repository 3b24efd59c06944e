/**
 * How a session is begun or gone on with. `session/resume` repeats nothing; `session/load` repeats the conversation as
 * updates, before its answer or (gemini) also after it. So we send one more request after that answer: agents handle
 * one line after the other, and what comes before the answer to it is repetition.
 */
import type { Initialized } from './messages.ts';

/** Ids of our requests. Always the same, so that the log alone says what an answer answers. */
export const REQUEST_IDS = {
  initialize: 1,
  newSession: 2,
  prompt: 3,
  resumeSession: 4,
  loadSession: 5,
  loaded: 6,
} as const;

/** The underscore is for extensions: an agent answers that it has no such method. */
export const LOADED_METHOD = '_ctrlnode/loaded';

/** `resume` first, because it repeats nothing. Undefined: the agent cannot go on with a session. */
export function wayBackOf({ agentCapabilities }: Initialized): 'resume' | 'load' | undefined {
  if (agentCapabilities?.sessionCapabilities?.resume) return 'resume';
  return agentCapabilities?.loadSession ? 'load' : undefined;
}

/** The turn begins after the answer to one of these; every update before it is of another time. */
export function isReadyAfter(id: string | number): boolean {
  return id === REQUEST_IDS.newSession || id === REQUEST_IDS.resumeSession || id === REQUEST_IDS.loaded;
}

export function isWayBack(id: string | number): boolean {
  return id === REQUEST_IDS.resumeSession || id === REQUEST_IDS.loadSession;
}
