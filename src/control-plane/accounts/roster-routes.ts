import type { FastifyInstance } from 'fastify';
import type { z } from 'zod';
import { type rosterGetSchema, rosterPutSchema } from '../../protocol/wire/http.ts';
import { callerOf } from '../http/caller.ts';
import { HttpProblem, parseBody } from '../http/http-problem.ts';
import type { Announcer } from '../sessions/announcer.ts';
import type { Database } from '../store/database.ts';
import { findRoster, putRoster } from '../store/rosters.ts';
import type { Authenticator } from './authenticator.ts';

export interface RosterRoutesOptions {
  readonly db: Database;
  readonly authenticator: Authenticator;
  readonly announcer: Announcer;
}

const SEALED_MAX_LENGTH = 512 * 1024;

/** GET and PUT /api/roster. */
export function addRosterRoutes(app: FastifyInstance, { db, authenticator, announcer }: RosterRoutesOptions): void {
  app.get('/api/roster', async (request): Promise<z.infer<typeof rosterGetSchema>> => {
    const { accountId } = await callerOf(request, authenticator);
    return (await findRoster(db, accountId)) ?? { version: 0, sealed: null };
  });

  app.put('/api/roster', async (request) => {
    const { accountId } = await callerOf(request, authenticator);
    const next = parseBody(rosterPutSchema, request.body);
    if (next.sealed.length > SEALED_MAX_LENGTH)
      throw new HttpProblem(413, 'request_too_large', 'The roster is too large.');
    if ((await putRoster(db, accountId, next)) === 'conflict') {
      throw new HttpProblem(
        409,
        'roster_conflict',
        'Another device changed the roster meanwhile: read it and try again.',
      );
    }
    announcer.announce(accountId, { type: 'roster_changed', roster: next.sealed });
    return { version: next.version };
  });
}
