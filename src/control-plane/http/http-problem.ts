import type { FastifyInstance } from 'fastify';
import type { Logger } from 'pino';
import type { z } from 'zod';
import { CodedError, codeOf, messageOf } from '../../base/errors.ts';

/** A refusal of an HTTP call: status, stable code, one sentence (`httpErrorSchema`). */
export class HttpProblem extends CodedError {
  readonly status: number;

  constructor(status: number, code: string, message: string) {
    super(code, message);
    this.status = status;
  }
}

/** Reads a body or throws a 400 that names the first wrong field, never its value. */
export function parseBody<T>(schema: z.ZodType<T>, body: unknown): T {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const field = issue?.path.join('.') || 'body';
  throw new HttpProblem(400, 'request_malformed', `${field}: ${issue?.message ?? 'invalid'}`.slice(0, 300));
}

export function handleErrors(app: FastifyInstance, logger: Logger): void {
  app.setErrorHandler(async (error: unknown, _request, reply) => {
    const problem = toProblem(error);
    if (problem.status >= 500) logger.error({ event: 'http_failed', code: codeOf(error), message: messageOf(error) });
    return reply.code(problem.status).send({ error: { code: problem.code, message: problem.message } });
  });
}

function toProblem(error: unknown): HttpProblem {
  if (error instanceof HttpProblem) return error;
  const status = typeof error === 'object' && error !== null && 'statusCode' in error ? Number(error.statusCode) : 500;
  if (status === 413) return new HttpProblem(413, 'request_too_large', 'The request is too large.');
  if (status >= 400 && status < 500) return new HttpProblem(status, 'request_malformed', 'The request is not valid.');
  return new HttpProblem(500, 'internal', 'Something failed on the server; its log says what.');
}
