import { ChevronRight } from 'lucide-react';
import { Collapsible } from 'radix-ui';
import { memo, useMemo, useState } from 'react';
import { durationOf } from '../../base/times.ts';
import { commandOf } from '../../protocol/records/requested-action.ts';
import { CopyButton } from '../copy-button.tsx';
import type { ToolCallRecord } from '../log/log-blocks.ts';
import { StatusShape } from '../status.tsx';
import { TerminalLines } from '../terminal/terminal-lines.ts';
import { TerminalText } from '../terminal-text.tsx';
import { TimeText, useNow } from '../time-text.tsx';
import type { StatusLook } from '../words/states.ts';
import { DiffView } from './diff-view.tsx';
import { editOf, textOfValue, wordsOfTool } from './tool-words.ts';

const OUTPUT_CHARACTERS_SHOWN = 20_000;

interface ToolLineProps {
  call: ToolCallRecord;
  endedAt: number | null;
  /** The task goes on: a call without an end is still running. */
  isLive: boolean;
}

/** One line for a tool call (verb, object, outcome, time it took) that opens to input, output and changes. */
export const ToolLine = memo(function ToolLine({ call, endedAt, isLive }: ToolLineProps) {
  const look = lookOf(call, endedAt, isLive);
  const { verb, object } = wordsOfTool(call);
  const [isOpen, setIsOpen] = useState(false);
  return (
    <Collapsible.Root open={isOpen} onOpenChange={setIsOpen}>
      <Collapsible.Trigger className="group -mx-1.5 grid w-[calc(100%+12px)] grid-cols-[12px_auto_minmax(0,1fr)_auto_14px] items-center gap-2 rounded-md px-1.5 py-0.5 text-left hover:bg-hover">
        <StatusShape look={look} />
        <span>
          {verb}
          <span className="sr-only">, {look.word}: </span>
        </span>
        <code className="truncate font-mono text-12">{object}</code>
        <span className="text-12 text-faint">
          <Duration startedAt={call.at} endedAt={endedAt} isLive={isLive} />
        </span>
        <ChevronRight
          size={14}
          className={`text-faint transition-transform duration-100 ${isOpen ? 'rotate-90' : ''}`}
          aria-hidden="true"
        />
      </Collapsible.Trigger>
      <Collapsible.Content className="mt-1 mb-2 ml-5 space-y-2">
        <ToolDetails call={call} />
      </Collapsible.Content>
    </Collapsible.Root>
  );
});

function Duration({ startedAt, endedAt, isLive }: { startedAt: number; endedAt: number | null; isLive: boolean }) {
  if (endedAt !== null) return <TimeText at={startedAt}>{durationOf(endedAt - startedAt)}</TimeText>;
  return isLive ? <RunningTime startedAt={startedAt} /> : null;
}

function RunningTime({ startedAt }: { startedAt: number }) {
  return <TimeText at={startedAt}>{durationOf(useNow(1_000) - startedAt)}</TimeText>;
}

function ToolDetails({ call }: { call: ToolCallRecord }) {
  const diffs = call.content?.filter((part) => part.type === 'diff') ?? [];
  const edit = diffs.length === 0 ? editOf(call.rawInput) : undefined;
  const texts = call.content?.flatMap((part) => (part.type === 'content' ? [part.content.text] : [])) ?? [];
  const output = texts.length > 0 ? texts.join('\n') : call.rawOutput === undefined ? '' : textOfValue(call.rawOutput);
  return (
    <>
      {edit && <DiffView {...edit} />}
      {diffs.map((diff) => (
        <DiffView key={diff.path} path={diff.path} before={diff.oldText} after={diff.newText} />
      ))}
      {!edit && diffs.length === 0 && call.rawInput !== undefined && (
        <Panel title="Input" text={commandOf(call.rawInput) ?? textOfValue(call.rawInput)} />
      )}
      {output !== '' && <Panel title="Output" text={output} />}
      {output === '' && call.rawInput === undefined && diffs.length === 0 && (
        <p className="text-12 text-faint">The agent told nothing more about this call.</p>
      )}
    </>
  );
}

function Panel({ title, text }: { title: string; text: string }) {
  const isLong = text.length > OUTPUT_CHARACTERS_SHOWN;
  const [isWhole, setIsWhole] = useState(false);
  const shown = isLong && !isWhole ? text.slice(0, OUTPUT_CHARACTERS_SHOWN) : text;
  const lines = useMemo(() => {
    const terminal = new TerminalLines();
    terminal.write(shown.replace(/\n$/, ''));
    return terminal.lines;
  }, [shown]);
  return (
    <figure className="relative rounded-md border border-line bg-sunken">
      <figcaption className="flex items-center px-3 pt-1 text-12 text-faint">
        {title}
        <CopyButton text={() => text} label={`Copy the ${title.toLowerCase()}`} className="ml-auto -mr-1.5" />
      </figcaption>
      <section
        className="terminal max-h-80 overflow-y-auto px-3 pb-2"
        aria-label={title}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
        tabIndex={0}
      >
        <TerminalText lines={lines} />
      </section>
      {isLong && !isWhole && (
        <button
          type="button"
          className="w-full border-t border-line px-3 py-1 text-12 text-dim hover:bg-hover"
          onClick={() => setIsWhole(true)}
        >
          Show all {text.length.toLocaleString('en')} characters
        </button>
      )}
    </figure>
  );
}

function lookOf(call: ToolCallRecord, endedAt: number | null, isLive: boolean): StatusLook {
  if (call.status === 'failed') return { shape: 'cross', tone: 'bad', word: 'failed' };
  if (call.status === 'completed' || endedAt !== null) return { shape: 'check', tone: 'ok', word: 'done' };
  return isLive
    ? { shape: 'ring', tone: 'busy', word: 'running' }
    : { shape: 'broken', tone: 'idle', word: 'no outcome' };
}
