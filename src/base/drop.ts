/** Marks a promise that is deliberately not awaited; a failure goes to `onError`, never to an unhandled rejection. */
export function drop(promise: Promise<unknown>, onError: (error: unknown) => void): void {
  promise.then(undefined, onError);
}
