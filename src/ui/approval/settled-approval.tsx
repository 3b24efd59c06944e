import type { ApprovalRecord, ApprovalResolution } from '../log/log-blocks.ts';
import { StatusShape } from '../status.tsx';
import { TimeText } from '../time-text.tsx';
import { commandOf } from '../tool/tool-words.ts';
import type { StatusLook } from '../words/states.ts';
import { clockTimeOf } from '../words/times.ts';

const LOOKS: Readonly<Record<ApprovalResolution['outcome'], StatusLook>> = {
  allowed: { shape: 'check', tone: 'ok', word: 'Allowed' },
  denied: { shape: 'cross', tone: 'bad', word: 'Denied' },
  expired: { shape: 'cross', tone: 'bad', word: 'Denied, because nobody answered in time' },
  cancelled: { shape: 'hollow', tone: 'idle', word: 'No longer asked' },
};

interface SettledApprovalProps {
  request: ApprovalRecord;
  resolution: ApprovalResolution;
  /** Name of the device that answered, where one did. */
  deviceName: string | undefined;
}

/** An approval that has its answer: one line that says who decided what. */
export function SettledApproval({ request, resolution, deviceName }: SettledApprovalProps) {
  const look = LOOKS[resolution.outcome];
  return (
    <p className="flex items-baseline gap-2">
      <StatusShape look={look} className="translate-y-px" />
      <span className="min-w-0 [overflow-wrap:anywhere]">
        {look.word}
        {deviceName ? ` by ${deviceName}` : ''}:{' '}
        <code className="font-mono text-12">{commandOf(request.request.input) ?? request.title}</code>
      </span>
      <TimeText at={resolution.at} className="ml-auto text-12 text-faint">
        {clockTimeOf(resolution.at)}
      </TimeText>
    </p>
  );
}
