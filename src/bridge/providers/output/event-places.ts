import type { AgentEvent } from '../provider.ts';

/** An event before it has its place. Distributes over the union. */
export type UnplacedEvent<T = AgentEvent> = T extends AgentEvent ? Omit<T, 'at'> : never;

/**
 * Gives the events of one line their places: the last one accounts for the whole line, those before it for one byte
 * more each. So a crash between them is told from one after them. A line has more bytes than it makes events.
 */
export function placeEvents(events: readonly UnplacedEvent[], start: number, end: number): AgentEvent[] {
  return events.map((event, index) => {
    const at = index === events.length - 1 ? end : Math.min(start + index + 1, end);
    return { ...event, at } as AgentEvent;
  });
}
