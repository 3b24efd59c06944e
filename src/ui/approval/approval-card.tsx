import { useId } from 'react';
import { agoOf, atMomentOf, shortDurationOf } from '../../base/times.ts';
import { commandOf } from '../../protocol/records/requested-action.ts';
import { Button } from '../button.tsx';
import type { ApprovalRecord } from '../log/log-blocks.ts';
import { StatusShape } from '../status.tsx';
import { TimeText, useNow } from '../time-text.tsx';
import { DiffView } from '../tool/diff-view.tsx';
import { editOf, textOfValue } from '../tool/tool-words.ts';
import { partsOfCommand } from './dangerous-parts.ts';

/** Where an answer that was given here stands. */
export type AnswerState =
  | { readonly step: 'none' }
  /** A key was pressed once; the same key again sends it. */
  | { readonly step: 'asking'; readonly decision: 'allow' | 'deny' }
  | { readonly step: 'sending'; readonly decision: 'allow' | 'deny' }
  | { readonly step: 'refused'; readonly message: string };

/** What a card shows of a question, wherever it comes from. */
type ShownQuestion = Pick<ApprovalRecord, 'at' | 'deadline' | 'title' | 'request'> & { readonly taskId: string };

interface ApprovalCardProps {
  request: ShownQuestion;
  agentName: string;
  machineName: string;
  answer: AnswerState;
  onAnswer: (decision: 'allow' | 'deny') => void;
  /** The title as a link to its task, on pages that show several tasks. */
  taskLink?: React.ReactNode;
  isSelected?: boolean;
}

/** Who asks, for what exactly, where, and what happens if nobody answers. */
export function ApprovalCard(props: ApprovalCardProps) {
  const { request, agentName, machineName, answer, onAnswer, taskLink, isSelected = false } = props;
  const titleId = useId();
  const now = useNow(1_000);
  const isExpired = now >= request.deadline;
  const isBusy = answer.step === 'sending' || isExpired;
  const label = (decision: 'allow' | 'deny', words: string): string =>
    answer.step === 'asking' && answer.decision === decision
      ? `Press ${decision === 'allow' ? 'a' : 'd'} again`
      : words;
  return (
    <article
      aria-labelledby={titleId}
      className={`rounded-lg border bg-needs-bg p-3 ${isSelected ? 'border-needs' : 'border-needs-line'}`}
    >
      <h2 id={titleId} className="flex items-baseline gap-2 font-semibold">
        <StatusShape look={{ shape: 'diamond', tone: 'needs' }} className="translate-y-px" />
        <span className="min-w-0 [overflow-wrap:anywhere]">
          {agentName} {wishOf(request)}
        </span>
      </h2>
      <p className="mt-0.5 mb-2 ml-5 text-12 text-dim">
        {taskLink && <>{taskLink} · </>}
        on {machineName}, in <Place request={request} /> ·{' '}
        <TimeText at={request.at}>asked {agoOf(request.at, now)}</TimeText>
      </p>
      <div className="ml-5 space-y-3">
        <RequestedAction input={request.request.input} tool={request.request.tool} />
        <div className="flex flex-wrap items-center gap-x-6 gap-y-2">
          <Button look="allow" className="min-w-24" disabled={isBusy} onClick={() => onAnswer('allow')}>
            {label('allow', 'Allow once')}
          </Button>
          <Button look="deny" className="min-w-24" disabled={isBusy} onClick={() => onAnswer('deny')}>
            {label('deny', 'Deny')}
          </Button>
          <p className="text-12 text-dim sm:ml-auto" role="status">
            {answerWords(answer, machineName) ?? <Deadline deadline={request.deadline} now={now} />}
          </p>
        </div>
      </div>
    </article>
  );
}

/** What the agent wants, in general: the exact thing stands below it, in full, and need not be said twice. */
function wishOf({ request, title }: ShownQuestion): string {
  const command = commandOf(request.input);
  if (command !== undefined && title.includes(command.slice(0, 40))) return 'wants to run a command';
  const path = editOf(request.input)?.path;
  return path !== undefined && title.includes(path) ? `wants to change ${path}` : `asks: ${title}`;
}

function Place({ request }: { request: ShownQuestion }) {
  const { cwd } = request.request;
  if (cwd.replaceAll('\\', '/').endsWith(`/tasks/${request.taskId}`))
    return <span title={cwd}>the task’s own folder</span>;
  return <span className="font-mono [overflow-wrap:anywhere]">{cwd}</span>;
}

function Deadline({ deadline, now }: { deadline: number; now: number }) {
  const leftMs = deadline - now;
  if (leftMs <= 0) return 'Nobody answered in time, so it is denied.';
  const soon = leftMs < 3_600_000 ? `, in ${shortDurationOf(leftMs)}` : '';
  return (
    <TimeText at={deadline}>
      Denied by itself {atMomentOf(deadline, now)}
      {soon}
    </TimeText>
  );
}

function answerWords(answer: AnswerState, machineName: string): string | undefined {
  if (answer.step === 'sending')
    return `${answer.decision === 'allow' ? 'Allowed' : 'Denied'}, on its way to ${machineName}`;
  return answer.step === 'refused' ? answer.message : undefined;
}

function RequestedAction({ input, tool }: { input: unknown; tool: string }) {
  const command = commandOf(input);
  if (command !== undefined) return <CommandText command={command} />;
  const edit = editOf(input);
  if (edit) return <DiffView {...edit} />;
  return (
    <div>
      <p className="text-12 text-dim">{tool} with</p>
      <CommandText command={textOfValue(input)} />
    </div>
  );
}

/** The whole command, wrapped; if it is long, its dangerous parts are named above, where no scrolling hides them. */
export function CommandText({ command }: { command: string }) {
  const parts = partsOfCommand(command);
  const isLong = command.length > 600 || command.split('\n').length > 10;
  const dangerous = [...new Set(parts.filter((part) => part.isDangerous).map((part) => part.text))];
  return (
    <div className="rounded-md border border-line bg-surface">
      {isLong && dangerous.length > 0 && (
        <p className="border-b border-line px-2.5 py-1.5 text-12">
          Contains{' '}
          {dangerous.map((text, index) => (
            <span key={text}>
              {index > 0 && ', '}
              <mark className="rounded-sm bg-del px-0.5 font-mono text-text">{text}</mark>
            </span>
          ))}
        </p>
      )}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
      <pre className="terminal max-h-60 overflow-y-auto px-2.5 py-2" tabIndex={0}>
        {parts.map((part, index) =>
          part.isDangerous ? (
            // biome-ignore lint/suspicious/noArrayIndexKey: parts of one text, in their order
            <mark key={index} className="rounded-sm bg-del px-0.5 text-text">
              {part.text}
            </mark>
          ) : (
            part.text
          ),
        )}
      </pre>
    </div>
  );
}
