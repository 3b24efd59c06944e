import type { FastifyInstance } from 'fastify';
import type { z } from 'zod';
import type { Clock } from '../../base/clock.ts';
import type { deviceRevokedSchema } from '../../protocol/wire/http.ts';
import { announceCommandEnds } from '../dispatch/announce-command-ends.ts';
import { callerOf } from '../http/caller.ts';
import { HttpProblem } from '../http/http-problem.ts';
import type { Announcer } from '../sessions/announcer.ts';
import type { LinkRegistry } from '../sessions/link-registry.ts';
import type { WebRegistry } from '../sessions/web-registry.ts';
import { rejectWaiting } from '../store/commands.ts';
import type { Database } from '../store/database.ts';
import { revokeDevice } from '../store/devices.ts';
import type { Authenticator } from './authenticator.ts';

export interface DeviceRoutesOptions {
  readonly db: Database;
  readonly clock: Clock;
  readonly authenticator: Authenticator;
  readonly announcer: Announcer;
  readonly links: LinkRegistry;
  readonly pages: WebRegistry;
}

const WORDS = 'this device was revoked';

/** POST /api/devices/:id/revoke: at once, its open sockets included. */
export function addDeviceRoutes(app: FastifyInstance, options: DeviceRoutesOptions): void {
  const { db, clock, authenticator, announcer, links, pages } = options;

  app.post<{ Params: { id: string } }>(
    '/api/devices/:id/revoke',
    async (request): Promise<z.infer<typeof deviceRevokedSchema>> => {
      const { accountId } = await callerOf(request, authenticator);
      const deviceId = request.params.id;
      const revocation = await revokeDevice(db, { accountId, deviceId, now: clock.now() });
      if (revocation.outcome === 'unknown')
        throw new HttpProblem(404, 'device_unknown', 'This account has no such device.');
      if (revocation.outcome === 'last_device') {
        throw new HttpProblem(409, 'last_device', 'This is the last device of the account: pair another one first.');
      }
      pages.endDevice(deviceId, 'revoked', WORDS);
      if (revocation.kind === 'bridge') {
        links.end(deviceId, 'revoked', WORDS);
        announcer.announce(accountId, { type: 'bridge_removed', bridgeId: deviceId });
        await announceCommandEnds(db, announcer, await rejectWaiting(db, deviceId, 'device_revoked'));
      }
      return { deviceId };
    },
  );
}
