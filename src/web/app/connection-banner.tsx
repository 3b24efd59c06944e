import { momentOf } from '../../base/times.ts';
import type { WebConnection } from '../../client/connection-state.ts';
import { Button } from '../../ui/button.tsx';
import { TimeText, useNow } from '../../ui/time-text.tsx';

/** Says that what is shown may be old, since when, why, and what happens next. Nothing while all is well. */
export function ConnectionBanner({ connection, onRetry }: { connection: WebConnection; onRetry: () => void }) {
  const now = useNow(1_000);
  if (connection.state === 'connecting' && connection.lostAt !== null)
    return (
      <Banner>
        No connection to the control plane since <Moment at={connection.lostAt} now={now} />. Trying now.
      </Banner>
    );
  if (connection.state !== 'offline') return null;
  const { since, problem, nextAttemptAt } = connection;
  const seconds = nextAttemptAt === null ? 0 : Math.max(0, Math.ceil((nextAttemptAt - now) / 1_000));
  return (
    <Banner>
      <span className="flex-1">
        No connection to the control plane since <Moment at={since} now={now} />. {problem.message}{' '}
        {nextAttemptAt !== null && (seconds > 0 ? `Trying again in ${seconds} s.` : 'Trying again now.')}
      </span>
      {problem.code === 'unsupported_version' || problem.code === 'protocol' ? (
        <Button onClick={() => location.reload()}>Reload</Button>
      ) : (
        nextAttemptAt !== null && <Button onClick={onRetry}>Try now</Button>
      )}
    </Banner>
  );
}

function Moment({ at, now }: { at: number; now: number }) {
  return <TimeText at={at}>{momentOf(at, now)}</TimeText>;
}

function Banner({ children }: { children: React.ReactNode }) {
  return (
    <div role="status" className="flex items-center gap-4 border-b border-needs-line bg-needs-bg px-4 py-2">
      {children}
    </div>
  );
}
