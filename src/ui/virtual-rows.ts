import { type RefObject, useCallback, useEffect, useLayoutEffect, useRef, useState } from 'react';
import { indexAt, offsetsOf } from './row-offsets.ts';

/** Rendered beyond the edges, so that a quick scroll does not show an empty page. */
const OVERSCAN_PX = 800;
/** Nearer to the end than this counts as being at the end. */
const END_PX = 32;

interface VirtualRowsOptions {
  readonly scroller: RefObject<HTMLElement | null>;
  readonly keys: readonly string[];
  /** Height in pixels of a row that was not measured yet. The better it is, the fewer rows are rendered in vain. */
  estimate(index: number, widthPx: number): number;
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

/** As they were rendered last. */
interface Rows {
  readonly keys: readonly string[];
  readonly offsets: Float64Array;
}

interface View {
  readonly topPx: number;
  readonly heightPx: number;
  readonly widthPx: number;
}

/**
 * Renders only the rows in sight of a long list whose rows have any height. What is being read stays where it is when
 * rows above it are measured, or come or go; following keeps the end in sight.
 */
export function useVirtualRows(options: VirtualRowsOptions): VirtualRows {
  const { scroller, keys, estimate, isFollowing, onFollowChange } = options;
  const { heights, measure } = useMeasuredHeights();
  const rows = useRef<Rows>({ keys, offsets: new Float64Array(1) });
  const anchor = useAnchor(scroller, rows);
  const view = useView(scroller, isFollowing, anchor.remember, onFollowChange);
  const offsets = offsetsOf(keys, (key, index) => heights.get(key) ?? estimate(index, view.widthPx));
  rows.current = { keys, offsets };
  useLayoutEffect(() => {
    const element = scroller.current;
    if (isFollowing && element) element.scrollTop = element.scrollHeight;
    else anchor.restore();
  });
  const endPx = offsets.at(-1) ?? 0;
  // While following, the end is what will be in sight, wherever the view was at the last scroll event.
  const topPx = isFollowing ? Math.max(0, endPx - view.heightPx) : view.topPx;
  const from = indexAt(offsets, topPx - OVERSCAN_PX);
  const to = Math.min(keys.length, indexAt(offsets, topPx + view.heightPx + OVERSCAN_PX) + 1);
  return {
    from,
    to,
    beforePx: offsets[from] ?? 0,
    afterPx: endPx - (offsets[to] ?? 0),
    measure,
    scrollTo: anchor.hold,
  };
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

interface Anchor {
  /** Which row is at the top of the view, and where in it. */
  remember(): void;
  /** Puts that row back where the reader expects it, after rows changed. */
  restore(): void;
  hold(index: number, withinPx: number): void;
}

function useAnchor(scroller: RefObject<HTMLElement | null>, rows: RefObject<Rows>): Anchor {
  return useState((): Anchor => {
    let held: { readonly key: string; readonly offsetPx: number } | undefined;
    return {
      remember() {
        const { keys, offsets } = rows.current;
        const scrollTop = scroller.current?.scrollTop ?? 0;
        const index = indexAt(offsets, scrollTop);
        const key = keys[index];
        held = key === undefined ? undefined : { key, offsetPx: (offsets[index] ?? 0) - scrollTop };
      },
      restore() {
        const element = scroller.current;
        if (!element || !held) return;
        const { keys, offsets } = rows.current;
        const index = keys.indexOf(held.key);
        const wantedPx = (offsets[index] ?? 0) - held.offsetPx;
        if (index >= 0 && Math.abs(element.scrollTop - wantedPx) > 1) element.scrollTop = wantedPx;
      },
      hold(index, withinPx) {
        const element = scroller.current;
        const { keys, offsets } = rows.current;
        const key = keys[index];
        if (!element || key === undefined) return;
        held = { key, offsetPx: element.clientHeight / 3 - withinPx };
        element.scrollTop = (offsets[index] ?? 0) - held.offsetPx;
      },
    };
  })[0];
}

function useView(
  scroller: RefObject<HTMLElement | null>,
  isFollowing: boolean,
  onScroll: () => void,
  onFollowChange: (isFollowing: boolean) => void,
): View {
  const [view, setView] = useState<View>({ topPx: 0, heightPx: 900, widthPx: 440 });
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
      // While following, the end is in sight wherever that is: nothing to render anew for each growth.
      if (!following.current || hasLeft) setView(viewOf(element));
    };
    const resized = new ResizeObserver(() => {
      if (following.current) element.scrollTop = element.scrollHeight;
      setView(viewOf(element));
    });
    resized.observe(element);
    element.addEventListener('scroll', look, { passive: true });
    return () => {
      resized.disconnect();
      element.removeEventListener('scroll', look);
    };
  }, [scroller, onScroll, onFollowChange]);
  // Where the view was meanwhile, it did not note.
  useLayoutEffect(() => {
    if (!isFollowing && scroller.current) setView(viewOf(scroller.current));
  }, [isFollowing, scroller]);
  return view;
}

function viewOf({ scrollTop, clientHeight, clientWidth }: HTMLElement): View {
  return { topPx: scrollTop, heightPx: clientHeight, widthPx: clientWidth };
}
