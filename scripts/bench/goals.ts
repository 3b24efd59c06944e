import type { Figures } from './part.ts';

export interface Goal {
  /** Where the figure stands, such as `idle.rssMiB`. */
  readonly figure: string;
  readonly atMost?: number;
  readonly atLeast?: number;
  readonly what: string;
}

/** What the project wants to reach, on two cores. docs/performance.md says how each figure is made. */
export const GOALS: readonly Goal[] = [
  { figure: 'throughput.ratio', atLeast: 1.5, what: 'lines a second, flat out, against the bare relay' },
  { figure: 'latency.p50Ratio', atMost: 1.7, what: 'median delay, against what durability must cost' },
  { figure: 'latency.p99Ratio', atMost: 3, what: '99th percentile of it, likewise' },
  { figure: 'backlog.rssGrowthMiB', atMost: 32, what: 'memory for a million records made offline' },
  { figure: 'backlog.drainRatio', atLeast: 1.2, what: 'lines a second on their way up, against the bare relay' },
  { figure: 'idle.rssMiB', atMost: 80, what: 'memory of an idle bridge' },
  { figure: 'idle.cpuPercent', atMost: 0.1, what: 'one processor’s time that it takes' },
  { figure: 'startup.onlineMs', atMost: 500, what: 'start of the bridge until it is online' },
  { figure: 'reconnect.p95Ms', atMost: 1_000, what: 'network back until it is online, with no hint' },
  { figure: 'server.kibPerIdleBridge', atMost: 20, what: 'memory of the server per idle bridge' },
  { figure: 'server.fanoutRatio', atLeast: 0.7, what: 'one task to a hundred pages, against a plain broadcast' },
];

export type Verdict = Goal & { readonly value: number; readonly isMet: boolean };

/** Of the goals whose figure was measured. */
export function judge(figures: Figures): readonly Verdict[] {
  return GOALS.flatMap((goal) => {
    const value = figureAt(figures, goal.figure);
    if (value === undefined) return [];
    const { atMost = Number.POSITIVE_INFINITY, atLeast = Number.NEGATIVE_INFINITY } = goal;
    return [{ ...goal, value, isMet: value <= atMost && value >= atLeast }];
  });
}

/** Parts may measure figures of the same group. */
export function mergeFigures(one: Figures, other: Figures): Figures {
  const merged: Record<string, Figures[string]> = { ...one };
  for (const [name, value] of Object.entries(other)) {
    const before = merged[name];
    merged[name] = isGroup(before) && isGroup(value) ? mergeFigures(before, value) : value;
  }
  return merged;
}

function figureAt(figures: Figures, place: string): number | undefined {
  let at: Figures[string] | undefined = figures;
  for (const name of place.split('.')) at = isGroup(at) ? at[name] : undefined;
  return typeof at === 'number' ? at : undefined;
}

function isGroup(value: Figures[string] | undefined): value is Figures {
  return typeof value === 'object' && !Array.isArray(value);
}
