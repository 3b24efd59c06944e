/**
 * Notices what no peer can tell: that this machine slept, and that its network changed. By looking, as a headless
 * process is told of neither. Does nothing until started.
 */
import { networkInterfaces } from 'node:os';
import type { Clock } from '../../base/clock.ts';
import type { Disposable } from '../../base/disposal.ts';

const LOOK_EVERY_MS = 2_000;
/** A look that comes this much later than it should. A clock that was set back is no sleep, and no reason for anything. */
const SLEPT_MS = 5_000;

/** As `networkInterfaces` of node:os gives them. */
export type NetworkInterfaces = Readonly<
  Record<string, readonly { readonly address: string; readonly internal: boolean }[] | undefined>
>;

export interface SurroundingsOptions {
  readonly clock: Clock;
  readonly networkInterfaces: () => NetworkInterfaces;
  readonly onWake: () => void;
  readonly onNetworkChange: () => void;
}

/** Tells a link of them until it is disposed. */
export function watchSurroundings(link: { wake(): void; networkChanged(): void }, clock: Clock): Disposable {
  const onWake = (): void => link.wake();
  const onNetworkChange = (): void => link.networkChanged();
  const surroundings = new Surroundings({ clock, networkInterfaces, onWake, onNetworkChange });
  surroundings.start();
  return surroundings;
}

export class Surroundings implements Disposable {
  readonly #options: SurroundingsOptions;
  #timer: Disposable | undefined;
  #wallMs = 0;
  #monotonicMs = 0;
  #addresses = '';

  constructor(options: SurroundingsOptions) {
    this.#options = options;
  }

  start(): void {
    this.#note();
    this.#addresses = addressesOf(this.#options.networkInterfaces());
    this.#arm();
  }

  dispose(): void {
    this.#timer?.dispose();
  }

  #arm(): void {
    this.#timer = this.#options.clock.setTimeout(() => this.#look(), LOOK_EVERY_MS);
  }

  #look(): void {
    const { clock, networkInterfaces, onWake, onNetworkChange } = this.#options;
    // While a machine sleeps its wall clock goes on; whether its monotonic clock does, and its timers, depends on the system.
    const passedMs = Math.max(clock.now() - this.#wallMs, clock.monotonicMs() - this.#monotonicMs);
    const addresses = addressesOf(networkInterfaces());
    const hasChanged = addresses !== this.#addresses;
    this.#addresses = addresses;
    this.#note();
    this.#arm();
    if (passedMs - LOOK_EVERY_MS >= SLEPT_MS) onWake();
    if (hasChanged) onNetworkChange();
  }

  #note(): void {
    this.#wallMs = this.#options.clock.now();
    this.#monotonicMs = this.#options.clock.monotonicMs();
  }
}

// Addresses that only reach the next cable come and go with containers and say nothing about the way to the internet.
function addressesOf(interfaces: NetworkInterfaces): string {
  return Object.entries(interfaces)
    .flatMap(([name, addresses = []]) =>
      addresses
        .filter(({ address, internal }) => !internal && !address.startsWith('fe80:'))
        .map(({ address }) => `${name} ${address}`),
    )
    .sort()
    .join('\n');
}
