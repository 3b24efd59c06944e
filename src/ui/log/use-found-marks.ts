import { type RefObject, useEffect } from 'react';
import type { LogPlace } from './log-finder.ts';

const FOUND = 'found';
const FOUND_NOW = 'found-now';

/**
 * Marks what was searched for, in the rows that are rendered, and the place that is shown now. Marks of the browser
 * (CSS custom highlights): the rows themselves know nothing of a search and are not rendered again for it.
 */
export function useFoundMarks(scroller: RefObject<HTMLElement | null>, query: string, place: LogPlace | null): void {
  useEffect(() => {
    const element = scroller.current;
    if (!element || (query === '' && !place)) return;
    let frame = 0;
    const mark = (): void => {
      frame = 0;
      const now = place && elementOf(element, place);
      const found = query === '' ? [] : rangesIn(element, query.toLowerCase());
      const here = now ? found.filter((range) => now.contains(range.startContainer)) : [];
      CSS.highlights.set(FOUND, new Highlight(...found));
      const shown = now && here.length === 0 ? [wholeOf(now)] : here;
      const highlight = new Highlight(...shown);
      highlight.priority = 1;
      CSS.highlights.set(FOUND_NOW, highlight);
    };
    const markSoon = (): void => {
      frame ||= requestAnimationFrame(mark);
    };
    const observer = new MutationObserver(markSoon);
    observer.observe(element, { childList: true, subtree: true, characterData: true });
    markSoon();
    return () => {
      observer.disconnect();
      cancelAnimationFrame(frame);
      CSS.highlights.delete(FOUND);
      CSS.highlights.delete(FOUND_NOW);
    };
  }, [scroller, query, place]);
}

/** The rendered line or block of a place, if it is in sight. */
export function elementOf(scroller: HTMLElement, { blockId, line }: LogPlace): Element | null {
  const block = scroller.querySelector(`[data-key="${CSS.escape(blockId)}"]`);
  return block?.querySelector('.terminal')?.children[line] ?? block;
}

function rangesIn(root: HTMLElement, wanted: string): Range[] {
  const ranges: Range[] = [];
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const text = (node.nodeValue ?? '').toLowerCase();
    for (let at = text.indexOf(wanted); at >= 0; at = text.indexOf(wanted, at + wanted.length)) {
      const range = new Range();
      range.setStart(node, at);
      range.setEnd(node, at + wanted.length);
      ranges.push(range);
    }
  }
  return ranges;
}

function wholeOf(element: Element): Range {
  const range = new Range();
  range.selectNodeContents(element);
  return range;
}
