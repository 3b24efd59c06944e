import { assertNever } from '../../base/assert-never.ts';
import { clockTimeOf } from '../../base/times.ts';
import { commandOf } from '../../protocol/records/requested-action.ts';
import type { ApprovalBy } from '../../protocol/records/task-records.ts';
import type { ApprovalRecord, ApprovalResolution } from '../log/log-blocks.ts';
import { StatusShape } from '../status.tsx';
import { TimeText } from '../time-text.tsx';
import type { StatusLook } from '../words/states.ts';

const LOOKS: Readonly<Record<ApprovalResolution['outcome'], StatusLook>> = {
  allowed: { shape: 'check', tone: 'ok', word: 'Allowed' },
  denied: { shape: 'cross', tone: 'bad', word: 'Denied' },
  expired: { shape: 'cross', tone: 'bad', word: 'Denied, because nobody answered in time' },
  cancelled: { shape: 'hollow', tone: 'idle', word: 'No longer asked' },
};

interface SettledApprovalProps {
  request: ApprovalRecord;
  resolution: ApprovalResolution;
  /** What the account calls a device, if it lists it. */
  deviceNameOf: (deviceId: string) => string | undefined;
}

/** An approval that has its answer: who decided what, when, and what became of it. */
export function SettledApproval({ request, resolution, deviceNameOf }: SettledApprovalProps) {
  const look = LOOKS[resolution.outcome];
  const who = whoOf(byOf(resolution), deviceNameOf);
  return (
    <div>
      <p className="flex items-baseline gap-2">
        <StatusShape look={look} className="translate-y-px" />
        <span className="min-w-0 [overflow-wrap:anywhere]">
          {look.word}
          {who ? ` ${who}` : ''}:{' '}
          <code className="font-mono text-12">{commandOf(request.request.input) ?? request.title}</code>
        </span>
        <TimeText at={resolution.at} className="ml-auto text-12 text-faint">
          {clockTimeOf(resolution.at)}
        </TimeText>
      </p>
      {resolution.why && <p className="ml-5 text-12 text-dim">{resolution.why}</p>}
    </div>
  );
}

// A bridge of an older version names the device alone.
function byOf({ by, deviceId }: ApprovalResolution): ApprovalBy | undefined {
  return by ?? (deviceId === undefined ? undefined : { kind: 'device', deviceId });
}

function whoOf(by: ApprovalBy | undefined, deviceNameOf: SettledApprovalProps['deviceNameOf']): string | undefined {
  switch (by?.kind) {
    case 'device':
      return `by ${deviceNameOf(by.deviceId) ?? 'a device that is no longer listed'}`;
    case 'machine':
      return 'at the machine';
    case 'policy':
      return `by rule ${by.rule} of the machine’s policy`;
    case 'workspace':
    case 'project':
      return `because questions are turned off for this ${by.kind}`;
    case undefined:
      return undefined;
    default:
      return assertNever(by);
  }
}
