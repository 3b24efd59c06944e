import type { FastifyInstance } from 'fastify';

/** Strict headers on every answer: the page may load and reach nothing but this server. */
export function addSecurityHeaders(app: FastifyInstance): void {
  app.addHook('onRequest', async (request, reply) => {
    reply.headers({
      'content-security-policy': contentSecurityPolicy(request.headers.host ?? ''),
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'referrer-policy': 'no-referrer',
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-resource-policy': 'same-origin',
      'permissions-policy': 'camera=(), geolocation=(), microphone=(), payment=(), usb=()',
    });
    if (request.url.startsWith('/api/')) reply.header('cache-control', 'no-store');
  });
}

/** `host` was checked to be a valid host before. */
function contentSecurityPolicy(host: string): string {
  return [
    "default-src 'self'",
    // Not every browser takes 'self' to cover web sockets of the same host.
    `connect-src 'self' ws://${host} wss://${host}`,
    "img-src 'self'",
    "style-src 'self'",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join('; ');
}
