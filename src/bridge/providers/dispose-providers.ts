import { messageOf } from '../../base/errors.ts';
import type { Logger } from '../ports.ts';
import type { Provider } from './provider.ts';

/** Ends what the runs of each provider share. Never rejects: one that fails keeps no other from ending. */
export async function disposeProviders(providers: readonly Provider[], logger: Logger): Promise<void> {
  const disposed = await Promise.allSettled(providers.map((provider) => provider.dispose?.()));
  for (const result of disposed) {
    if (result.status === 'rejected') logger.error({ event: 'provider_not_disposed', error: messageOf(result.reason) });
  }
}
