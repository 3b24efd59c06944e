import { type RefObject, useCallback, useEffect, useLayoutEffect, useRef, useState } from 'react';
import { indexAt, offsetsOf } from './row-offsets.ts';

/** Rendered beyond the edges, so that a quick scroll does not show an empty page. */
const OVERSCAN_PX = 800;
/** Nearer to the end than this counts as being at the end. */
const END_PX = 32;

interface VirtualRowsOptions {
  readonly scroller: RefObject<HTMLElement | null>;
  readonly keys: readonly string[];
  /** Height in pixels of a row that was not measured yet. */
  estimate(index: number): number;
  readonly isFollowing: boolean;
  onFollowChange(isFollowing: boolean): void;
}

interface VirtualRows {
  /** Rows to render: `from` up to but not including `to`. */
  readonly from: number;
  readonly to: number;
  /** Heights of what is left out. */
  readonly beforePx: number;
  readonly afterPx: number;
  /** Ref of each rendered row, which also carries `data-key`. */
  measure(element: HTMLElement | null): (() => void) | undefined;
  /** Brings a place within a row to a third of the view's height and holds it there while rows are measured. */
  scrollTo(index: number, withinPx: number): void;
}

interface View {
  readonly topPx: number;
  readonly heightPx: number;
}

/**
 * Renders only the rows in sight of a long list whose rows have any height. What is being read stays where it is when
 * rows above it are measured, or come or go; following keeps the end in sight.
 */
export function useVirtualRows(options: VirtualRowsOptions): VirtualRows {
  const { scroller, keys, estimate, isFollowing, onFollowChange } = options;
  const { heights, measure } = useMeasuredHeights();
  const offsets = offsetsOf(keys, (key, index) => heights.get(key) ?? estimate(index));
  const { remember, hold } = useAnchor(scroller, keys, offsets, isFollowing);
  const view = useView(scroller, isFollowing, remember, onFollowChange);
  const endPx = offsets.at(-1) ?? 0;
  // While following, the end is what will be in sight, wherever the view was at the last scroll event.
  const topPx = isFollowing ? Math.max(0, endPx - view.heightPx) : view.topPx;
  const from = indexAt(offsets, topPx - OVERSCAN_PX);
  const to = Math.min(keys.length, indexAt(offsets, topPx + view.heightPx + OVERSCAN_PX) + 1);
  return { from, to, beforePx: offsets[from] ?? 0, afterPx: endPx - (offsets[to] ?? 0), measure, scrollTo: hold };
}

/** Heights of the rows that were rendered so far. Renders again when one changes, before the next paint. */
function useMeasuredHeights() {
  const [heights] = useState(() => new Map<string, number>());
  const [, setCount] = useState(0);
  const [observer] = useState(
    () =>
      new ResizeObserver((entries) => {
        const changed = entries.filter(({ target }) => remember(heights, target as HTMLElement));
        if (changed.length > 0) setCount((count) => count + 1);
      }),
  );
  const measure = useCallback(
    (element: HTMLElement | null) => {
      if (!element) return undefined;
      observer.observe(element);
      return () => observer.unobserve(element);
    },
    [observer],
  );
  return { heights, measure };
}

function remember(heights: Map<string, number>, element: HTMLElement): boolean {
  const { key } = element.dataset;
  const height = element.getBoundingClientRect().height;
  if (key === undefined || !element.isConnected || heights.get(key) === height) return false;
  heights.set(key, height);
  return true;
}

/** Puts the end, or the row that was at the top of the view, back where the reader expects it after each render. */
function useAnchor(
  scroller: RefObject<HTMLElement | null>,
  keys: readonly string[],
  offsets: Float64Array,
  isFollowing: boolean,
): { remember(): void; hold(index: number, withinPx: number): void } {
  const anchor = useRef<{ readonly key: string; readonly offsetPx: number } | null>(null);
  const current = useRef({ keys, offsets });
  current.current = { keys, offsets };
  useLayoutEffect(() => {
    const element = scroller.current;
    if (!element) return;
    if (isFollowing) element.scrollTop = element.scrollHeight;
    else if (anchor.current) {
      const index = keys.indexOf(anchor.current.key);
      const wantedPx = (offsets[index] ?? 0) - anchor.current.offsetPx;
      if (index >= 0 && Math.abs(element.scrollTop - wantedPx) > 1) element.scrollTop = wantedPx;
    }
  });
  const remember = useCallback(() => {
    const scrollTop = scroller.current?.scrollTop ?? 0;
    const index = indexAt(current.current.offsets, scrollTop);
    const key = current.current.keys[index];
    const offsetPx = (current.current.offsets[index] ?? 0) - scrollTop;
    anchor.current = key === undefined ? null : { key, offsetPx };
  }, [scroller]);
  const hold = useCallback(
    (index: number, withinPx: number) => {
      const element = scroller.current;
      const key = current.current.keys[index];
      if (!element || key === undefined) return;
      const offsetPx = element.clientHeight / 3 - withinPx;
      anchor.current = { key, offsetPx };
      element.scrollTop = (current.current.offsets[index] ?? 0) - offsetPx;
    },
    [scroller],
  );
  return { remember, hold };
}

function useView(
  scroller: RefObject<HTMLElement | null>,
  isFollowing: boolean,
  onScroll: () => void,
  onFollowChange: (isFollowing: boolean) => void,
): View {
  const [view, setView] = useState<View>({ topPx: 0, heightPx: 900 });
  const following = useRef(isFollowing);
  following.current = isFollowing;
  useEffect(() => {
    const element = scroller.current;
    if (!element) return;
    let lastTopPx = element.scrollTop;
    const look = (): void => {
      const { scrollTop, scrollHeight, clientHeight } = element;
      const isAtEnd = scrollHeight - scrollTop - clientHeight < END_PX;
      // Only a person scrolls up; when output grows faster than it is shown, the end runs away by itself.
      const hasLeft = following.current && !isAtEnd && scrollTop < lastTopPx;
      if (hasLeft || (!following.current && isAtEnd && scrollTop > lastTopPx)) onFollowChange(isAtEnd);
      lastTopPx = scrollTop;
      onScroll();
      setView({ topPx: scrollTop, heightPx: clientHeight });
    };
    const resized = new ResizeObserver(() => {
      if (following.current) element.scrollTop = element.scrollHeight;
      setView({ topPx: element.scrollTop, heightPx: element.clientHeight });
    });
    resized.observe(element);
    element.addEventListener('scroll', look, { passive: true });
    return () => {
      resized.disconnect();
      element.removeEventListener('scroll', look);
    };
  }, [scroller, onScroll, onFollowChange]);
  return view;
}
