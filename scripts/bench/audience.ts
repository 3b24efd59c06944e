import { type ChildProcess, fork } from 'node:child_process';
import path from 'node:path';

export interface AudienceOptions {
  readonly url: string;
  readonly protocol?: string;
  /** What each client says first; one client for each. */
  readonly greetings: readonly (readonly string[])[];
  /** Whether the first client keeps the frames that it gets. */
  readonly keepsFrames: boolean;
}

interface Reached {
  /** From the first arrival at any client to the last of that record. */
  readonly seconds: number;
  readonly frames: readonly string[];
  readonly problem?: string;
}

/** Many clients of one server, in a process of their own (audience-host.mjs). */
export class Audience {
  readonly #host: ChildProcess;

  private constructor(host: ChildProcess) {
    this.#host = host;
  }

  static async connect(options: AudienceOptions): Promise<Audience> {
    const audience = new Audience(fork(path.join(import.meta.dirname, 'audience-host.mjs')));
    await audience.#ask({ type: 'connect', ...options });
    return audience;
  }

  /** Resolves once each client has everything up to the record; rejects if one of them missed something. */
  async whenReached(record: number): Promise<Reached> {
    const reached = (await this.#ask({ type: 'report', record })) as Reached;
    if (reached.problem) throw new Error(reached.problem);
    return reached;
  }

  end(): Promise<void> {
    const gone = new Promise<void>((resolve) => this.#host.once('exit', () => resolve()));
    this.#host.disconnect();
    return gone;
  }

  #ask(order: object): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const onExit = (): void => reject(new Error('The process of the clients ended.'));
      this.#host.once('exit', onExit);
      this.#host.once('message', (answer) => {
        this.#host.off('exit', onExit);
        resolve(answer);
      });
      this.#host.send(order);
    });
  }
}

export interface Broadcast {
  readonly url: string;
  send(frames: readonly string[]): void;
  end(): void;
}

export async function startBroadcast(): Promise<Broadcast> {
  const host = fork(path.join(import.meta.dirname, 'plain-broadcast-host.mjs'));
  const port = await new Promise<number>((resolve) =>
    host.once('message', (message: { port: number }) => resolve(message.port)),
  );
  return {
    url: `ws://127.0.0.1:${port}`,
    send: (frames) => host.send({ frames }),
    end: () => host.disconnect(),
  };
}
