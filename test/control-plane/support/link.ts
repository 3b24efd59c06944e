import { WebSocket } from 'ws';
import { type Frame, parseFrame, type Segment } from '../../../src/protocol/wire/frames.ts';
import type { SegmentHeader } from '../../../src/protocol/wire/segment-header.ts';
import { createToken, type TestDevice } from './device.ts';
import type { TestTarget } from './server.ts';
import { waitFor } from './wait.ts';

export interface Refused {
  readonly status: number;
  readonly headers: Record<string, string | string[] | undefined>;
  readonly body: { error: { code: string; message: string } };
}

/** A bridge's end of the wire, frame by frame, so that a test can say anything at all. */
export class RawLink {
  readonly socket: WebSocket;
  readonly frames: Frame[] = [];
  closed: { code: number; reason: string } | undefined;
  refused: Refused | undefined;
  wasOpen = false;
  answersHeartbeats = true;

  constructor(url: string, headers: Record<string, string>, protocols: string[]) {
    this.socket = new WebSocket(url, protocols, { headers });
    this.socket.on('open', () => {
      this.wasOpen = true;
    });
    this.socket.on('message', (data) => this.#receive(data.toString()));
    this.socket.on('close', (code, reason) => {
      this.closed = { code, reason: reason.toString() };
    });
    this.socket.on('error', () => undefined);
    this.socket.on('unexpected-response', (_request, response) => {
      let text = '';
      response.on('data', (chunk) => {
        text += String(chunk);
      });
      response.on('end', () => {
        this.refused = { status: response.statusCode ?? 0, headers: response.headers, body: JSON.parse(text) };
      });
    });
  }

  send(frame: unknown): void {
    this.socket.send(typeof frame === 'string' ? frame : JSON.stringify(frame));
  }

  hello(fields: Partial<Extract<Frame, { type: 'hello' }>> = {}): void {
    this.send({ type: 'hello', version: 1, streams: [], cursors: [], ...fields });
  }

  segment(segment: Segment): void {
    this.send({ type: 'segment', ...segment });
  }

  ofType<T extends Frame['type']>(type: T): Extract<Frame, { type: T }>[] {
    return this.frames.filter((frame) => frame.type === type) as Extract<Frame, { type: T }>[];
  }

  async next<T extends Frame['type']>(type: T, index = 0): Promise<Extract<Frame, { type: T }>> {
    return waitFor(() => this.ofType(type)[index], `${type} frame ${index}`);
  }

  async ack(stream: string, cursor: number): Promise<void> {
    await waitFor(
      () => this.ofType('ack').some((ack) => ack.stream === stream && ack.cursor >= cursor),
      `ack of ${stream} up to ${cursor}`,
    );
  }

  async end(): Promise<{ code: number; reason: string }> {
    return waitFor(() => this.closed, 'the link to close');
  }

  async opened(): Promise<void> {
    await waitFor(() => this.wasOpen || this.refused, 'the link to open');
    if (this.refused) throw new Error(`refused: ${JSON.stringify(this.refused.body)}`);
  }

  #receive(text: string): void {
    const frame = parseFrame(text);
    if (!frame.ok) throw new Error(`the server sent ${frame.error.message}`);
    this.frames.push(frame.value);
    if (frame.value.type === 'heartbeat' && this.answersHeartbeats) {
      this.send({ type: 'heartbeat_ack', timestamp: frame.value.timestamp });
    }
  }
}

export function dialWith(server: TestTarget, token: string | undefined, protocols = ['ctrlnode.v1']): RawLink {
  const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
  return new RawLink(`${server.origin.replace('http', 'ws')}/link`, headers, protocols);
}

/** Dials and shakes hands. */
export async function connect(
  server: TestTarget,
  bridge: TestDevice,
  hello: Partial<Extract<Frame, { type: 'hello' }>> = {},
): Promise<RawLink> {
  const link = dialWith(server, await createToken(bridge, server));
  await link.opened();
  link.hello(hello);
  await link.next('welcome');
  return link;
}

export function segmentOf(
  stream: string,
  epoch: string,
  [first, last]: readonly [number, number],
  header: Partial<SegmentHeader> = {},
  body = `${epoch}:${first}-${last}`,
): Segment {
  return {
    stream,
    epoch,
    first,
    last,
    header: JSON.stringify({ at: [1, 2], bytes: 3, ...header }),
    body: Buffer.from(body).toString('base64'),
  };
}
