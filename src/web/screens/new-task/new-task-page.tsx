import type { WebState } from '../../../client/web-state.ts';
import { PageHeader } from '../page-header.tsx';
import { NewTaskForm } from './new-task-form.tsx';

export function NewTaskPage({ state }: { state: WebState }) {
  return (
    <main className="flex min-h-0 flex-1 flex-col">
      <PageHeader title="New task" backHref="/" />
      <div className="min-h-0 flex-1 overflow-y-auto px-4 py-5 md:px-6">
        {state.isLoaded && state.bridges.length === 0 ? (
          <p className="max-w-[72ch] text-dim">
            There is no machine yet that could do the work.{' '}
            <a href="/machines/add" className="text-accent underline">
              Add a machine
            </a>
            , then come back.
          </p>
        ) : (
          <NewTaskForm state={state} />
        )}
      </div>
    </main>
  );
}
