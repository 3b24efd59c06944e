/** What all parts share within one run. */
export interface BenchContext {
  readonly say: (text: string) => void;
  /** Multiplies counts and durations: 1 for figures that are published, less to try a part. */
  readonly scale: number;
  /** The bare relay flat out, measured once a run. */
  readonly bareThroughput: () => Promise<number>;
}

/** Figures by name, nested. A part gives those of its own and those that it measured for comparison. */
export interface Figures {
  readonly [name: string]: number | string | boolean | Figures | readonly Figures[];
}

export interface BenchPart {
  readonly what: string;
  run(context: BenchContext): Promise<Figures>;
}

export const LINE_BYTES = 200;

/** At least one, whatever the scale. */
export function scaled(count: number, { scale }: BenchContext): number {
  return Math.max(1, Math.round(count * scale));
}
