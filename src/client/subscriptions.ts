import type { WebClientFrame, WebServerFrame } from '../protocol/wire/web.ts';
import { type FeedOptions, StreamFeed } from './stream-feed.ts';

type SubscriptionFrame = Extract<WebServerFrame, { type: 'segment' | 'caught_up' | 'output_removed' }>;
interface AnyFeed {
  subscribe(subscriptionId: string): WebClientFrame;
  receive(segment: Extract<WebServerFrame, { type: 'segment' }>['segment']): void;
  removed(frame: Extract<WebServerFrame, { type: 'output_removed' }>): void;
  caughtUp(epoch: string | null): void;
}

/**
 * All feeds over one connection after another. Each connection gives each feed a new subscription id, so that what an
 * older connection or a closed feed left behind finds nobody.
 */
export class Subscriptions {
  readonly #send: (frame: WebClientFrame) => boolean;
  readonly #ids = new Map<AnyFeed, string>();
  readonly #feeds = new Map<string, AnyFeed>();
  #count = 0;

  constructor(send: (frame: WebClientFrame) => boolean) {
    this.#send = send;
  }

  open<R extends { readonly n: number }>(options: FeedOptions<R>): StreamFeed<R> {
    const feed = new StreamFeed(options, (closed) => this.#close(closed));
    this.#subscribe(feed);
    return feed;
  }

  /** A new connection: every feed goes on from where it is. */
  connected(): void {
    this.#feeds.clear();
    for (const feed of [...this.#ids.keys()]) this.#subscribe(feed);
  }

  receive(frame: SubscriptionFrame): void {
    const feed = this.#feeds.get(frame.subscriptionId);
    if (!feed) return;
    if (frame.type === 'segment') feed.receive(frame.segment);
    else if (frame.type === 'output_removed') feed.removed(frame);
    else feed.caughtUp(frame.epoch);
  }

  #subscribe(feed: AnyFeed): void {
    const id = `s${++this.#count}`;
    this.#ids.set(feed, id);
    this.#feeds.set(id, feed);
    this.#send(feed.subscribe(id));
  }

  #close(feed: AnyFeed): void {
    const id = this.#ids.get(feed);
    if (id === undefined) return;
    this.#ids.delete(feed);
    if (this.#feeds.delete(id)) this.#send({ type: 'unsubscribe', subscriptionId: id });
  }
}
