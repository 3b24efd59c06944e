import type { FastifyRequest } from 'fastify';
import type { DeviceKind } from '../../protocol/wire/roster.ts';
import type { Authenticator, Caller } from '../accounts/authenticator.ts';
import { HttpProblem } from './http-problem.ts';

const PERSON: readonly DeviceKind[] = ['browser', 'terminal'];

/** The person's device that calls; throws 401. Bridges have no HTTP calls of this kind. */
export async function callerOf(request: FastifyRequest, authenticator: Authenticator): Promise<Caller> {
  const caller = await authenticator.verify(bearerOf(request.headers.authorization), PERSON);
  if (caller.ok) return caller.value;
  throw new HttpProblem(401, caller.error.code, caller.error.message);
}

export function bearerOf(header: string | undefined): string | undefined {
  return /^Bearer +([^\s]+)$/i.exec(header ?? '')?.[1];
}
