import { ArrowDown, ChevronDown, ChevronUp, CircleAlert } from 'lucide-react';
import { type RefObject, useState } from 'react';
import { countOf } from '../../base/times.ts';
import { CopyButton } from '../copy-button.tsx';
import { textOfLog } from './block-text.ts';
import type { LogBlock } from './log-blocks.ts';
import type { LogFind } from './use-log-find.ts';

interface LogBarProps {
  blocks: readonly LogBlock[];
  find: LogFind;
  field: RefObject<HTMLInputElement | null>;
  isFollowing: boolean;
  onFollow: () => void;
}

/** Above a log: search, jump to what failed, copy all of it, follow its end. */
export function LogBar({ blocks, find, field, isFollowing, onFollow }: LogBarProps) {
  const [text, setText] = useState('');
  const write = (value: string): void => {
    setText(value);
    find.setQuery(value);
  };
  return (
    <div className="flex shrink-0 items-center gap-1 border-b border-line px-3 py-1.5">
      <input
        ref={field}
        type="search"
        className="field min-w-0 flex-1"
        placeholder="Search the log"
        aria-label="Search the log"
        aria-keyshortcuts="/"
        value={text}
        onChange={(event) => write(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === 'Enter') find.showFound(event.shiftKey ? -1 : 1);
          if (event.key !== 'Escape') return;
          write('');
          find.clear();
          event.currentTarget.blur();
        }}
      />
      {find.query !== '' && (
        <>
          <span className="px-1 text-12 whitespace-nowrap text-dim" role="status">
            {wordsOfFound(find)}
          </span>
          <IconButton label="Previous match" isDisabled={find.found.length === 0} onPress={() => find.showFound(-1)}>
            <ChevronUp size={14} aria-hidden="true" />
          </IconButton>
          <IconButton label="Next match" isDisabled={find.found.length === 0} onPress={() => find.showFound(1)}>
            <ChevronDown size={14} aria-hidden="true" />
          </IconButton>
        </>
      )}
      {find.failures.length > 0 && (
        <button
          type="button"
          aria-keyshortcuts="e"
          onClick={find.showFailure}
          title="Jump to the next failure (e)"
          className="inline-flex h-[30px] items-center gap-1 rounded-md px-1.5 text-12 whitespace-nowrap text-bad hover:bg-hover"
        >
          <CircleAlert size={14} aria-hidden="true" /> {wordsOfFailures(find)}
        </button>
      )}
      <CopyButton text={() => textOfLog(blocks)} label="Copy the whole log" />
      <IconButton
        label={isFollowing ? 'Following the newest output' : 'Follow the newest output (.)'}
        isPressed={isFollowing}
        onPress={onFollow}
      >
        <ArrowDown size={14} aria-hidden="true" />
      </IconButton>
    </div>
  );
}

interface IconButtonProps {
  label: string;
  onPress: () => void;
  isDisabled?: boolean;
  isPressed?: boolean;
  children: React.ReactNode;
}

function IconButton({ label, onPress, isDisabled = false, isPressed, children }: IconButtonProps) {
  return (
    <button
      type="button"
      aria-label={label}
      title={label}
      aria-pressed={isPressed}
      disabled={isDisabled}
      onClick={onPress}
      className={`grid size-6 shrink-0 place-items-center rounded-md hover:bg-hover hover:text-text disabled:opacity-60 ${isPressed ? 'bg-selected text-accent' : 'text-faint'}`}
    >
      {children}
    </button>
  );
}

function wordsOfFound({ found, foundAt }: LogFind): string {
  if (found.length === 0) return 'None';
  return foundAt < 0
    ? found.length.toLocaleString('en')
    : `${(foundAt + 1).toLocaleString('en')} of ${found.length.toLocaleString('en')}`;
}

function wordsOfFailures({ failures, failureAt }: LogFind): string {
  if (failureAt < 0) return countOf(failures.length, 'failure');
  return `Failure ${failureAt + 1} of ${failures.length.toLocaleString('en')}`;
}
