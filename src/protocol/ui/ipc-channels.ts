/** The two channels, apart from the schemas so that the preload script stays small. */
export type Answer<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly code: string; readonly message: string };

export const CHANNELS = { request: 'ctrlnode:request', event: 'ctrlnode:event' } as const;

/** What the preload script puts into the page as `window.ctrlnode`. */
export interface DesktopApi {
  request(name: string, payload: unknown): Promise<Answer<unknown>>;
  /** Returns how to stop listening. */
  onEvent(listen: (name: string, payload: unknown) => void): () => void;
}
