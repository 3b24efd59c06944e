import { ChevronRight } from 'lucide-react';
import { Collapsible } from 'radix-ui';
import { memo, useState } from 'react';
import { assertNever } from '../../base/assert-never.ts';
import { clockTimeOf, durationOf, sizeOf } from '../../base/times.ts';
import { isTerminal } from '../../protocol/task-state.ts';
import { CopyButton } from '../copy-button.tsx';
import { MarkdownText } from '../markdown-text.tsx';
import { StatusShape } from '../status.tsx';
import { TerminalText, textOfLines } from '../terminal-text.tsx';
import { TimeText } from '../time-text.tsx';
import { ToolLine } from '../tool/tool-line.tsx';
import { lookOfTask } from '../words/states.ts';
import type { LogBlock } from './log-blocks.ts';
import { wordsOfProblem, wordsOfState } from './log-words.ts';

type Of<K extends LogBlock['kind']> = Extract<LogBlock, { kind: K }>;

interface BlockViewProps {
  block: LogBlock;
  /** The task goes on. */
  isLive: boolean;
  /** Approvals need what the page knows of devices and answers. */
  renderApproval: (block: Of<'approval'>) => React.ReactNode;
}

export const BlockView = memo(function BlockView({ block, isLive, renderApproval }: BlockViewProps) {
  switch (block.kind) {
    case 'user':
      return <UserText block={block} isLive={isLive} />;
    case 'agent':
      return <AgentText block={block} />;
    case 'thought':
      return <Thought block={block} />;
    case 'tool':
      return <ToolLine call={block.call} endedAt={block.endedAt} isLive={isLive && !block.isOver} />;
    case 'terminal':
      return <Terminal block={block} />;
    case 'plan':
      return <Plan block={block} />;
    case 'approval':
      return <div className="py-1">{renderApproval(block)}</div>;
    case 'state':
      return <StateLine block={block} />;
    case 'output_gap':
      return (
        <GapLine at={block.at}>{sizeOf(block.bytes)} of output stayed on the machine, because its log was full</GapLine>
      );
    case 'mark':
      return <GapLine at={block.at}>{block.text}</GapLine>;
    case 'notice':
      return <Notice block={block} />;
    case 'problem':
      return <Problem block={block} />;
    default:
      return assertNever(block, 'block');
  }
});

function UserText({ block, isLive }: { block: Of<'user'>; isLive: boolean }) {
  return (
    <div className="group relative my-1 border-l-2 border-accent pr-7 pl-3">
      <p className="max-w-[72ch] whitespace-pre-wrap [overflow-wrap:anywhere]">{block.text}</p>
      <TimeText at={block.at} className="text-12 text-faint">
        You, {clockTimeOf(block.at)}
      </TimeText>
      {block.isHeld && (
        <span className="text-12 text-faint">
          {isLive ? '. The agent gets it when it has finished.' : '. The agent gets it next.'}
        </span>
      )}
      <HoverCopy
        text={() => block.text}
        label={block.messageId === null ? 'Copy the instructions' : 'Copy the message'}
      />
    </div>
  );
}

function AgentText({ block }: { block: Of<'agent'> }) {
  return (
    <div className="group relative my-1 pr-7">
      <MarkdownText text={block.text} />
      <HoverCopy text={() => block.text} label="Copy the text" at={block.at} />
    </div>
  );
}

/** Seen on hover and on focus; always there for a finger, which cannot hover. */
function HoverCopy({ text, label, at }: { text: () => string; label: string; at?: number }) {
  return (
    <span className="absolute top-0 right-0 flex flex-col items-end opacity-0 transition-opacity duration-100 group-focus-within:opacity-100 group-hover:opacity-100 pointer-coarse:opacity-60">
      <CopyButton text={text} label={label} className="-mt-0.5" />
      {at !== undefined && (
        <TimeText at={at} className="text-12 text-faint max-md:hidden">
          {clockTimeOf(at)}
        </TimeText>
      )}
    </span>
  );
}

function Thought({ block }: { block: Of<'thought'> }) {
  const [isOpen, setIsOpen] = useState(false);
  const durationMs = block.endedAt - block.at;
  return (
    <Collapsible.Root open={isOpen} onOpenChange={setIsOpen}>
      <Collapsible.Trigger className="flex items-center gap-1 text-12 text-faint hover:text-dim">
        <ChevronRight size={14} className={isOpen ? 'rotate-90' : ''} aria-hidden="true" />
        {durationMs >= 1_000 ? `Thought for ${durationOf(durationMs)}` : 'Thought'}
      </Collapsible.Trigger>
      <Collapsible.Content className="mt-1 ml-[18px] text-dim">
        <MarkdownText text={block.text} />
      </Collapsible.Content>
    </Collapsible.Root>
  );
}

function Terminal({ block }: { block: Of<'terminal'> }) {
  const { lines, isContinuing, isContinued, stream } = block;
  const isLastEmpty = !isContinued && lines.length > 1 && lines.at(-1)?.length === 0;
  const shown = isLastEmpty ? lines.slice(0, -1) : lines;
  const edges = `${isContinuing ? '' : 'rounded-t-md border-t pt-2'} ${isContinued ? '' : 'rounded-b-md border-b pb-2'}`;
  return (
    <div className={`group relative border-x border-line bg-sunken px-3 ${edges}`}>
      {stream === 'stderr' && !isContinuing && <p className="text-12 text-faint">Error output</p>}
      <div className="terminal">
        <TerminalText lines={shown} />
      </div>
      <span className="absolute top-1 right-1 opacity-0 group-focus-within:opacity-100 group-hover:opacity-100 pointer-coarse:opacity-60">
        <CopyButton text={() => textOfLines(shown)} label="Copy this output" />
      </span>
    </div>
  );
}

function Plan({ block }: { block: Of<'plan'> }) {
  return (
    <ul className="my-1 space-y-0.5" aria-label="Plan">
      {block.entries.map((entry, index) => {
        const state =
          entry.status === 'completed' ? 'succeeded' : entry.status === 'in_progress' ? 'running' : 'queued';
        return (
          // biome-ignore lint/suspicious/noArrayIndexKey: entries have no identity of their own
          <li key={index} className="flex items-baseline gap-2">
            <StatusShape look={lookOfTask(state)} className="translate-y-px" />
            <span className={entry.status === 'completed' ? 'text-dim line-through decoration-line' : ''}>
              {entry.content}
              <span className="sr-only"> ({entry.status.replace('_', ' ')})</span>
            </span>
          </li>
        );
      })}
    </ul>
  );
}

function StateLine({ block }: { block: Of<'state'> }) {
  const { state } = block.record;
  if (!isTerminal(state)) return <GapLine at={block.at}>{wordsOfState(block)}</GapLine>;
  return (
    <p className="flex items-baseline gap-2 pt-1 font-semibold">
      <StatusShape look={lookOfTask(state)} className="translate-y-px" />
      <span className="min-w-0 [overflow-wrap:anywhere]">{wordsOfState(block)}</span>
      <TimeText at={block.at} className="ml-auto text-12 font-normal text-faint">
        {clockTimeOf(block.at)}
      </TimeText>
    </p>
  );
}

function GapLine({ at, children }: { at: number; children: React.ReactNode }) {
  return (
    <div className="flex items-center gap-2 text-12 text-faint before:h-px before:min-w-4 before:flex-1 before:bg-line after:h-px after:min-w-4 after:flex-1 after:bg-line">
      <TimeText at={at} className="text-center">
        {children}
      </TimeText>
    </div>
  );
}

function Notice({ block }: { block: Of<'notice'> }) {
  const tone = block.level === 'error' ? 'text-bad' : block.level === 'warning' ? 'text-needs' : 'text-dim';
  return (
    <p className={`max-w-[72ch] text-12 [overflow-wrap:anywhere] ${tone}`}>
      {block.level !== 'info' && (
        <span className="font-semibold">{block.level === 'error' ? 'Error: ' : 'Warning: '}</span>
      )}
      {block.text}
    </p>
  );
}

function Problem({ block }: { block: Of<'problem'> }) {
  // As it was set up to be: nothing is wrong.
  if (block.problem.kind === 'removed')
    return <p className="max-w-[72ch] text-12 text-dim">{wordsOfProblem(block.problem)}</p>;
  return (
    <p className="flex items-baseline gap-2 rounded-md bg-bad-bg px-3 py-2">
      <StatusShape look={{ shape: 'cross', tone: 'bad' }} className="translate-y-px" />
      <span className="max-w-[72ch]">{wordsOfProblem(block.problem)}</span>
    </p>
  );
}
