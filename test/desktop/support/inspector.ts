/** Reaches into the main process of an app that Playwright did not start: a client of Node's inspector. */
import { createServer } from 'node:net';
import { until } from '../../support/until.ts';

interface Answer {
  readonly result: {
    readonly result: { readonly value?: unknown };
    readonly exceptionDetails?: { readonly exception?: { readonly description?: string } };
  };
}

/**
 * Value of a JavaScript expression in main, which may be a promise. It lets go at once: a program that is being inspected
 * does not end.
 */
export async function evaluateIn(port: number, expression: string): Promise<unknown> {
  const socket = new WebSocket(await until('the inspector', () => addressOf(port)));
  const failed = new Promise<never>((_resolve, reject) => {
    socket.onerror = () => reject(new Error('The inspector let go.'));
  });
  const answered = new Promise<Answer>((resolve) => {
    socket.onmessage = ({ data }) => resolve(JSON.parse(String(data)) as Answer);
  });
  socket.onopen = () => {
    const params = { expression, awaitPromise: true, returnByValue: true, includeCommandLineAPI: true };
    socket.send(JSON.stringify({ id: 1, method: 'Runtime.evaluate', params }));
  };
  try {
    const { result } = await Promise.race([answered, failed]);
    if (result.exceptionDetails) throw new Error(result.exceptionDetails.exception?.description);
    return result.result.value;
  } finally {
    socket.close();
  }
}

/** One that nobody listens on just now, below those that systems hand out by themselves. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 12_000);
    const isFree = await new Promise<boolean>((resolve) => {
      const server = createServer().once('error', () => resolve(false));
      server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
    });
    if (isFree) return port;
  }
}

async function addressOf(port: number): Promise<string | undefined> {
  try {
    const targets = (await (await fetch(`http://127.0.0.1:${port}/json/list`)).json()) as {
      webSocketDebuggerUrl: string;
    }[];
    return targets[0]?.webSocketDebuggerUrl;
  } catch {
    return undefined;
  }
}
