import { WebSocket } from 'ws';
import { type WebClientFrame, type WebServerFrame, webServerFrameSchema } from '../../../src/protocol/wire/web.ts';
import { createToken, type TestDevice } from './device.ts';
import type { TestTarget } from './server.ts';
import { waitFor } from './wait.ts';

type ServerFrame<T extends WebServerFrame['type']> = Extract<WebServerFrame, { type: T }>;

/** A page's end of the wire. Every frame of the server must fit its schema. */
export class RawPage {
  readonly socket: WebSocket;
  readonly frames: WebServerFrame[] = [];
  closed: { code: number; reason: string } | undefined;
  onFrame: (frame: WebServerFrame) => void = () => undefined;

  constructor(origin: string, headers: Record<string, string> = {}) {
    this.socket = new WebSocket(`${origin.replace('http', 'ws')}/web`, ['ctrlnode.web.v1'], { headers });
    this.socket.on('message', (data) => {
      const frame = webServerFrameSchema.parse(JSON.parse(data.toString()));
      this.frames.push(frame);
      this.onFrame(frame);
    });
    this.socket.on('close', (code, reason) => {
      this.closed = { code, reason: reason.toString() };
    });
    this.socket.on('error', () => undefined);
  }

  send(frame: WebClientFrame | string | Record<string, unknown>): void {
    this.socket.send(typeof frame === 'string' ? frame : JSON.stringify(frame));
  }

  ofType<T extends WebServerFrame['type']>(type: T): ServerFrame<T>[] {
    return this.frames.filter((frame) => frame.type === type) as ServerFrame<T>[];
  }

  async next<T extends WebServerFrame['type']>(
    type: T,
    fits: (frame: ServerFrame<T>) => boolean = () => true,
    timeoutMs = 15_000,
  ): Promise<ServerFrame<T>> {
    return waitFor(() => this.ofType(type).find(fits), `${type} frame`, timeoutMs);
  }

  /** Segments of one subscription so far, as `first-last`. */
  numbersOf(subscriptionId: string): string[] {
    return this.ofType('segment')
      .filter((frame) => frame.subscriptionId === subscriptionId)
      .map(({ segment }) => `${segment.first}-${segment.last}`);
  }

  async end(): Promise<{ code: number; reason: string }> {
    return waitFor(() => this.closed, 'the page to be closed');
  }

  async opened(): Promise<void> {
    await waitFor(() => this.socket.readyState === WebSocket.OPEN, 'the page to open');
  }
}

/** Opens a page of the device and says hello. */
export async function openPage(server: TestTarget, device: TestDevice): Promise<RawPage> {
  const page = new RawPage(server.origin);
  await page.opened();
  page.send({ type: 'hello', version: 1, token: await createToken(device, server) });
  await page.next('welcome');
  return page;
}
