import { Paperclip, X } from 'lucide-react';
import { useRef } from 'react';
import { sizeOf } from '../../../base/times.ts';
import { Button } from '../../../ui/button.tsx';

interface AttachedFilesProps {
  files: readonly File[];
  problem: string | undefined;
  onChange: (files: readonly File[]) => void;
}

/** Files that go along: by button here; the form takes dropped and pasted ones. */
export function AttachedFiles({ files, problem, onChange }: AttachedFilesProps) {
  const picker = useRef<HTMLInputElement>(null);
  return (
    <div>
      <div className="flex flex-wrap items-center gap-x-3 gap-y-2">
        <Button onClick={() => picker.current?.click()}>
          <Paperclip size={14} aria-hidden="true" /> Attach files
        </Button>
        <span className="text-12 text-dim max-md:hidden">or drop or paste them anywhere in this form</span>
        <input
          ref={picker}
          type="file"
          multiple
          hidden
          aria-label="Attach files"
          onChange={(event) => {
            onChange(addFiles(files, [...(event.target.files ?? [])]));
            event.target.value = '';
          }}
        />
      </div>
      {files.length > 0 && (
        <ul className="mt-2 divide-y divide-line rounded-md border border-line">
          {files.map((file) => (
            <li key={file.name} className="flex items-center gap-3 py-1 pr-1 pl-3">
              <span className="min-w-0 flex-1 truncate">{file.name}</span>
              <span className="text-12 text-dim">{sizeOf(file.size)}</span>
              <button
                type="button"
                aria-label={`Remove ${file.name}`}
                className="grid size-6 place-items-center rounded-md text-faint hover:bg-hover hover:text-text pointer-coarse:size-9"
                onClick={() => onChange(files.filter((other) => other !== file))}
              >
                <X size={14} aria-hidden="true" />
              </button>
            </li>
          ))}
        </ul>
      )}
      {problem && (
        <p role="alert" className="mt-1 text-12 text-bad">
          {problem}
        </p>
      )}
    </div>
  );
}

/** A file of the same name replaces the one before: on the machine they would be in one folder. */
export function addFiles(files: readonly File[], added: readonly File[]): readonly File[] {
  const names = new Set(added.map((file) => file.name));
  return [...files.filter((file) => !names.has(file.name)), ...added];
}
