import { existsSync } from 'node:fs';
import { join } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

const NOT_BUILT = 'The web app is not built: run "npm run build", then start the control plane again.\n';
/** Vite puts a hash of the content into these names. */
const HASHED = /[\\/]assets[\\/][^\\/]+-[A-Za-z0-9_-]{8,}\.[a-z0-9]+$/;

/** Serves the built web app; every page address that is no file is the one page. */
export async function addWebApp(app: FastifyInstance, webRoot: string | undefined): Promise<void> {
  const isBuilt = webRoot !== undefined && existsSync(join(webRoot, 'index.html'));
  if (isBuilt) {
    await app.register(fastifyStatic, {
      root: webRoot,
      cacheControl: false,
      setHeaders: (reply, path) => {
        reply.header('cache-control', HASHED.test(path) ? 'public, max-age=31536000, immutable' : 'no-cache');
      },
    });
  }
  app.setNotFoundHandler(async (request, reply) => {
    if (!isPageAddress(request)) return notFound(reply);
    if (isBuilt) return reply.sendFile('index.html');
    return reply.code(503).type('text/plain; charset=utf-8').send(NOT_BUILT);
  });
}

/** A file that is missing must not look like a page: only addresses without an extension are pages. */
function isPageAddress(request: FastifyRequest): boolean {
  const path = request.url.split(/[?#]/, 1)[0] ?? '/';
  if (request.method !== 'GET' && request.method !== 'HEAD') return false;
  return !/^\/(api|assets|link|web)(\/|$)/.test(path) && !/\.[A-Za-z0-9]+$/.test(path);
}

async function notFound(reply: FastifyReply): Promise<FastifyReply> {
  return reply.code(404).send({ error: { code: 'not_found', message: 'There is nothing at this address.' } });
}
