import { systemClock } from '../../base/clock.ts';
import type { WebIdentity } from '../../client/identity.ts';
import { getRoster } from '../../sealing/roster-client.ts';

const DEADLINE_MS = 5_000;

/** Whether the server of this page knows the browser as a device of the account already. */
export async function isStillPaired(identity: WebIdentity): Promise<boolean> {
  const { accountId, accountKey, deviceId, deviceKey, serverId } = identity;
  const connection = {
    origin: location.origin,
    fetch: ((input, init) => fetch(input, init)) as typeof fetch,
    clock: systemClock,
    identity: { deviceId, serverId, secretKey: deviceKey.secretKey },
    signal: AbortSignal.timeout(DEADLINE_MS),
  };
  try {
    await getRoster(connection, { accountId, accountKey });
    return true;
  } catch {
    // Unknown, revoked, of another server, or not to be reached: then the link is what helps.
    return false;
  }
}
