import { momentOf } from '../../../base/times.ts';
import type { WebState } from '../../../client/web-state.ts';
import { buttonClass } from '../../../ui/button.tsx';
import { TimeText, useNow } from '../../../ui/time-text.tsx';
import { useClient } from '../../app/client-context.ts';
import { RemoveDevice } from './remove-device.tsx';

const KINDS = { browser: 'Browser', terminal: 'Terminal', bridge: 'Machine' } as const;

/** The browsers and terminals that may launch, answer and cancel. */
export function DeviceSection({ state }: { state: WebState }) {
  const { identity } = useClient();
  const now = useNow(60_000);
  const devices = state.roster?.devices.filter((device) => device.kind !== 'bridge' && device.revokedAt === undefined);
  return (
    <section aria-labelledby="devices" className="max-w-[760px]">
      <div className="flex items-center gap-4">
        <h2 id="devices" className="text-15 font-semibold">
          Your devices
        </h2>
        <a href="/machines/add-device" className={`ml-auto ${buttonClass()}`}>
          Add a device
        </a>
      </div>
      <p className="text-12 text-dim">They can read every task, launch, answer and cancel.</p>
      {devices ? (
        <ul className="mt-3 divide-y divide-line rounded-md border border-line bg-surface">
          {devices.map((device) => (
            <li key={device.deviceId} className="flex items-center gap-2.5 py-1.5 pr-1.5 pl-3">
              <span className="min-w-0 flex-1">
                {device.name}
                {device.deviceId === identity.deviceId && <span className="text-dim"> (this one)</span>}
                <span className="block text-12 text-dim">
                  {KINDS[device.kind]}, <TimeText at={device.addedAt}>added {momentOf(device.addedAt, now)}</TimeText>
                </span>
              </span>
              {device.deviceId !== identity.deviceId && <RemoveDevice deviceId={device.deviceId} name={device.name} />}
            </li>
          ))}
        </ul>
      ) : (
        <p className="mt-2 text-dim">The list of devices has not come yet, or could not be verified.</p>
      )}
    </section>
  );
}
