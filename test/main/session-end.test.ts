import { EventEmitter } from 'node:events';
import { expect, it } from 'vitest';
import { onSessionEnd } from '../../src/main/os/session-end.ts';

it.each(['query-session-end', 'session-end'])(
  'a window that is told %s ends the app, and does not refuse',
  (message) => {
    const window = new EventEmitter();
    let ends = 0;
    let refusals = 0;
    onSessionEnd(window, () => ends++);
    window.emit(message, { preventDefault: () => refusals++ });
    expect({ ends, refusals }).toEqual({ ends: 1, refusals: 0 });
  },
);
