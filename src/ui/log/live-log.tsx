import { ArrowDown } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import { isTerminal } from '../../protocol/task-state.ts';
import { Button } from '../button.tsx';
import { useVirtualRows } from '../virtual-rows.ts';
import { estimatedHeightOf } from './block-height.ts';
import { BlockView } from './block-view.tsx';
import type { LogBlock } from './log-blocks.ts';
import type { LogPlace } from './log-finder.ts';
import { wordsOfState } from './log-words.ts';
import { elementOf, useFoundMarks } from './use-found-marks.ts';

interface LiveLogProps {
  blocks: readonly LogBlock[];
  /** Grows with each block and each line of output. */
  length: number;
  /** The task goes on. */
  isLive: boolean;
  isFollowing: boolean;
  onFollowChange: (isFollowing: boolean) => void;
  renderApproval: (block: Extract<LogBlock, { kind: 'approval' }>) => React.ReactNode;
  /** Stands before the first block, such as the way to older output. */
  header?: React.ReactNode;
  /** Stands after the last one, such as what is being waited for. */
  footer?: React.ReactNode;
  /** What is marked wherever it stands. */
  query?: string;
  /** Is brought into sight when it changes. */
  place?: LogPlace | null;
}

/** The log as it grows. New output never moves what is being read: a pill tells how much is new. */
export function LiveLog(props: LiveLogProps) {
  const { blocks, length, isLive, isFollowing, onFollowChange, renderApproval, header, footer } = props;
  const { query = '', place = null } = props;
  const scroller = useRef<HTMLElement>(null);
  const newCount = useNewCount(length, isFollowing);
  const estimate = (index: number, widthPx: number): number => estimatedHeightOf(blocks[index], widthPx);
  const keys = blocks.map((block) => block.id);
  const rows = useVirtualRows({ scroller, keys, estimate, isFollowing, onFollowChange });
  useShownPlace(scroller, place, (key) => keys.indexOf(key), rows.scrollTo);
  useFoundMarks(scroller, query, place);
  return (
    <div className="relative flex min-h-0 flex-1 flex-col">
      <section
        ref={scroller}
        aria-label="Log"
        className="min-h-0 flex-1 overflow-y-auto [overflow-anchor:none] -outline-offset-2"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
        tabIndex={0}
      >
        <div className="max-w-[860px] px-4 py-4 md:px-6 md:py-5">
          {header}
          <div style={{ height: rows.beforePx }} />
          {blocks.slice(rows.from, rows.to).map((block) => (
            <div key={block.id} data-key={block.id} ref={rows.measure} className={spacingOf(block)}>
              <BlockView block={block} isLive={isLive} renderApproval={renderApproval} />
            </div>
          ))}
          <div style={{ height: rows.afterPx }} />
          {footer}
        </div>
      </section>
      {!isFollowing && newCount > 0 && (
        <div className="pointer-events-none absolute inset-x-0 bottom-3 flex justify-center">
          <Button
            className="pointer-events-auto rounded-full shadow-[0_2px_12px_rgb(0_0_0/0.18)]"
            onClick={() => onFollowChange(true)}
          >
            <ArrowDown size={14} aria-hidden="true" /> {newCount.toLocaleString('en')} new
          </Button>
        </div>
      )}
      <Announcer block={blocks.at(-1)} />
    </div>
  );
}

const LINE_PX = 18;

/** Scrolls to where the place should be, and once it is rendered to where it is: long lines wrap. */
function useShownPlace(
  scroller: React.RefObject<HTMLElement | null>,
  place: LogPlace | null,
  indexOf: (key: string) => number,
  scrollTo: (index: number, withinPx: number) => void,
): void {
  const newest = useRef({ indexOf, scrollTo });
  newest.current = { indexOf, scrollTo };
  useEffect(() => {
    if (!place) return;
    newest.current.scrollTo(newest.current.indexOf(place.blockId), place.line * LINE_PX);
    let frame = requestAnimationFrame(() => {
      // The row is rendered by the scroll event of this frame, and measured before its paint.
      frame = requestAnimationFrame(() => {
        const element = scroller.current && elementOf(scroller.current, place);
        element?.scrollIntoView({ block: element.clientHeight < 400 ? 'center' : 'start' });
      });
    });
    return () => cancelAnimationFrame(frame);
  }, [place, scroller]);
}

/** What came since the reader left the end. */
function useNewCount(length: number, isFollowing: boolean): number {
  const [seen, setSeen] = useState(length);
  useEffect(() => {
    if (isFollowing || length < seen) setSeen(length);
  }, [isFollowing, length, seen]);
  return Math.max(0, length - seen);
}

const ANNOUNCE_EVERY_MS = 4_000;

/** Tells a screen reader what is new: politely, not more often than it can be said. */
function Announcer({ block }: { block: LogBlock | undefined }) {
  const [text, setText] = useState('');
  const newest = useRef(block);
  const announced = useRef(block?.id);
  newest.current = block;
  useEffect(() => {
    const timer = setInterval(() => {
      if (!newest.current || newest.current.id === announced.current) return;
      announced.current = newest.current.id;
      setText(spokenOf(newest.current));
    }, ANNOUNCE_EVERY_MS);
    return () => clearInterval(timer);
  }, []);
  return (
    <p className="sr-only" aria-live="polite">
      {text}
    </p>
  );
}

function spokenOf(block: LogBlock): string {
  if (block.kind === 'agent') return `The agent says: ${block.text.slice(0, 160)}`;
  if (block.kind === 'tool') return `Tool: ${block.call.title.slice(0, 120)}`;
  if (block.kind === 'state') return wordsOfState(block);
  if (block.kind === 'approval') return `The agent asks: ${block.request.title.slice(0, 160)}`;
  return block.kind === 'terminal' ? 'New output' : 'New in the log';
}

/** Parts of one output touch; what belongs together is near. Padding, so that a row's height includes it. */
function spacingOf(block: LogBlock): string {
  if (block.kind === 'terminal') return `${block.isContinuing ? '' : 'pt-1'} ${block.isContinued ? '' : 'pb-2'}`;
  if (block.kind === 'tool') return 'pb-1';
  // What comes after an end is another turn.
  if (block.kind === 'state' && isTerminal(block.record.state)) return 'pt-2 pb-6';
  return block.kind === 'state' || block.kind === 'mark' || block.kind === 'output_gap' ? 'py-2' : 'pb-2.5';
}
