import fastify, { type FastifyInstance } from 'fastify';
import type { Logger } from 'pino';
import { FRAME_MAX_BYTES } from '../../protocol/limits.ts';
import { type HostRules, problemOfHost } from './host-check.ts';
import { HttpProblem, handleErrors } from './http-problem.ts';
import { addSecurityHeaders } from './security-headers.ts';

export interface CreateAppOptions {
  readonly logger: Logger;
  readonly hostRules: HostRules;
  /** Throws when what the server needs does not work. */
  readonly checkReady: () => Promise<void>;
}

const REQUEST_TIMEOUT_MS = 60_000;

/** The HTTP server with what all routes share: limits, host check, headers, errors, health. */
export function createApp({ logger, hostRules, checkReady }: CreateAppOptions): FastifyInstance {
  const app = fastify({
    bodyLimit: FRAME_MAX_BYTES,
    requestTimeout: REQUEST_TIMEOUT_MS,
    forceCloseConnections: true,
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: 100 },
  });
  app.addHook('onRequest', async (request) => {
    const problem = problemOfHost(request.headers, hostRules);
    if (problem !== undefined) throw new HttpProblem(421, 'host_not_allowed', problem);
  });
  addSecurityHeaders(app);
  handleErrors(app, logger);
  app.addHook('onResponse', async (request, reply) => {
    logger.debug({
      event: 'http_request',
      method: request.method,
      route: request.routeOptions.url,
      status: reply.statusCode,
      elapsedMs: Math.round(reply.elapsedTime),
    });
  });
  app.get('/healthz', async () => ({ status: 'ok' }));
  app.get('/readyz', async () => {
    await checkReady();
    return { status: 'ok' };
  });
  return app;
}
