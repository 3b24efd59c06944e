import type { WebSocket } from 'ws';
import { createDeferred, type Deferred } from '../../base/deferred.ts';

/** All open web sockets, so that the end can wait for them and cut those that do not answer. */
export class SocketSet {
  readonly #sockets = new Set<WebSocket>();
  #empty: Deferred<void> | undefined;

  add(socket: WebSocket): void {
    this.#sockets.add(socket);
    socket.once('close', () => {
      this.#sockets.delete(socket);
      if (this.#sockets.size === 0) this.#empty?.resolve();
    });
  }

  terminate(): void {
    for (const socket of this.#sockets) socket.terminate();
  }

  async allClosed(): Promise<void> {
    if (this.#sockets.size === 0) return;
    this.#empty ??= createDeferred();
    await this.#empty.promise;
  }
}
