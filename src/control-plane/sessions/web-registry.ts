import type { WebSocket } from 'ws';
import type { CloseReason } from '../../protocol/wire/close-codes.ts';
import { WebSession, type WebSessionServices } from './web-session.ts';

const SESSIONS_MAX = 1_000;

/** The open pages of this process. */
export class WebRegistry {
  readonly #services: WebSessionServices;
  readonly #sessions = new Set<WebSession>();

  constructor(services: WebSessionServices) {
    this.#services = services;
  }

  get isFull(): boolean {
    return this.#sessions.size >= SESSIONS_MAX;
  }

  connect(socket: WebSocket): void {
    const session: WebSession = new WebSession({
      ...this.#services,
      socket,
      onDidClose: () => this.#sessions.delete(session),
    });
    this.#sessions.add(session);
    session.start();
  }

  /** Ends the pages of one device. */
  endDevice(deviceId: string, reason: CloseReason, words: string): void {
    for (const session of [...this.#sessions]) if (session.caller?.deviceId === deviceId) session.end(reason, words);
  }

  close(): void {
    for (const session of [...this.#sessions]) session.end('goingAway', 'the control plane is stopping');
  }
}
