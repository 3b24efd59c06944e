/** What will be done to whom and when: all of it from the seed, before anything starts. */
import { createRandom, type SeededRandom } from './random.ts';

export type Link = 'bridge' | 'browser';
export type Part = 'bridge' | 'server';

type FaultAction =
  /** Sockets destroyed without a word. */
  | { readonly kind: 'cut'; readonly link: Link }
  /** Nothing is read from one side for a while; then everything goes on. */
  | { readonly kind: 'stall'; readonly link: Link; readonly direction: 'up' | 'down' }
  | { readonly kind: 'delay'; readonly link: Link; readonly delayMs: number }
  /** What comes is swallowed, one way or both, and nothing is ever closed. */
  | { readonly kind: 'half_open'; readonly link: Link; readonly direction: 'up' | 'down' | 'both' }
  /** New connections are accepted and never answered. */
  | { readonly kind: 'mute'; readonly link: Link }
  /** A second link with a copy of the bridge's own upgrade request, its token included. */
  | { readonly kind: 'duplicate' }
  | { readonly kind: 'kill_bridge' | 'kill_server' | 'kill_both' | 'kill_browser' }
  /** SIGSTOP, then SIGCONT. */
  | { readonly kind: 'freeze'; readonly part: Part }
  | { readonly kind: 'disk_full'; readonly part: Part }
  | { readonly kind: 'clock_jump'; readonly part: Part; readonly offsetMs: number };

export type FaultKind = FaultAction['kind'];

export type Fault = FaultAction & {
  /** After the beginning of the one before. */
  readonly afterMs: number;
  /** How long it lasts; of a kill, until the part is started again. */
  readonly lastsMs: number;
  /** A person's click ("retry"), or the page that comes back to the front, right after it. */
  readonly isClicked: boolean;
};

const WEIGHTS: readonly (readonly [FaultKind, number])[] = [
  ['cut', 6],
  ['stall', 3],
  ['delay', 3],
  ['half_open', 4],
  ['mute', 2],
  ['duplicate', 2],
  ['kill_bridge', 5],
  ['kill_server', 4],
  ['kill_both', 2],
  ['kill_browser', 3],
  ['freeze', 2],
  ['disk_full', 3],
  ['clock_jump', 2],
];

export function planFaults(seed: number, count: number): readonly Fault[] {
  const random = createRandom(seed);
  return Array.from({ length: count }, () => ({
    ...actionOf(pickKind(random), random),
    afterMs: random.between(0, 700),
    // Longer than the watchdog's three seconds, now and then.
    lastsMs: random.happens(0.1) ? 4_500 : random.between(50, 1_500),
    isClicked: random.happens(0.7),
  }));
}

function pickKind(random: SeededRandom): FaultKind {
  let left = random.next() * WEIGHTS.reduce((sum, [, weight]) => sum + weight, 0);
  for (const [kind, weight] of WEIGHTS) {
    left -= weight;
    if (left < 0) return kind;
  }
  return 'cut';
}

function actionOf(kind: FaultKind, random: SeededRandom): FaultAction {
  // The link between bridge and control plane is what this is about; the page's is hit less often.
  const link: Link = random.happens(0.7) ? 'bridge' : 'browser';
  const part: Part = random.pick(['bridge', 'server']);
  switch (kind) {
    case 'cut':
    case 'mute':
      return { kind, link };
    case 'stall':
      return { kind, link, direction: random.pick(['up', 'down']) };
    case 'half_open':
      return { kind, link, direction: random.pick(['up', 'down', 'both']) };
    case 'delay':
      return { kind, link, delayMs: random.between(5, 400) };
    case 'freeze':
    case 'disk_full':
      return { kind, part };
    case 'clock_jump':
      return { kind, part, offsetMs: random.pick([-3_600_000, -25_000, -5_000, 5_000, 25_000, 3_600_000]) };
    default:
      return { kind };
  }
}
