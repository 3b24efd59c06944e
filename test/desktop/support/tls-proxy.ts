import { type AddressInfo, connect, type Socket } from 'node:net';
import { createServer } from 'node:tls';
import type { Certificate } from '../../support/certificates.ts';

export interface TlsProxy {
  readonly origin: string;
  close(): Promise<void>;
}

/** Stands before a server as a company's proxy does: encrypted, with a certificate of its own. */
export async function startTlsProxy(certificate: Certificate, port: number): Promise<TlsProxy> {
  const open = new Set<Socket>();
  const server = createServer(certificate, (outside) => {
    const inside = connect(port, '127.0.0.1');
    for (const [from, to] of [
      [outside, inside],
      [inside, outside],
    ] as const) {
      open.add(from);
      from.on('error', () => to.destroy());
      from.on('close', () => open.delete(from));
      from.pipe(to);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    origin: `https://localhost:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of open) socket.destroy();
      }),
  };
}
