import type { FastifyInstance } from 'fastify';
import type { z } from 'zod';
import { type bridgesGetSchema, commandPostSchema } from '../../protocol/wire/http.ts';
import type { Authenticator } from '../accounts/authenticator.ts';
import { callerOf } from '../http/caller.ts';
import { HttpProblem, parseBody } from '../http/http-problem.ts';
import { listBridges } from '../store/bridges.ts';
import type { Database } from '../store/database.ts';
import type { CommandDispatcher } from './command-dispatcher.ts';

export interface CommandRoutesOptions {
  readonly db: Database;
  readonly authenticator: Authenticator;
  readonly dispatcher: CommandDispatcher;
}

/** POST /api/commands, GET /api/bridges. */
export function addCommandRoutes(app: FastifyInstance, { db, authenticator, dispatcher }: CommandRoutesOptions): void {
  app.post('/api/commands', async (request, reply) => {
    const caller = await callerOf(request, authenticator);
    const { envelope } = parseBody(commandPostSchema, request.body);
    const result = await dispatcher.submit(caller, envelope, (request.body as { envelope: unknown }).envelope);
    if (result.ok) return reply.code(202).send({ commandId: envelope.commandId });
    throw new HttpProblem(409, result.error.code, result.error.message);
  });

  app.get('/api/bridges', async (request): Promise<z.infer<typeof bridgesGetSchema>> => {
    const { accountId } = await callerOf(request, authenticator);
    return { bridgeIds: (await listBridges(db, accountId)).map((bridge) => bridge.bridge_id) };
  });
}
