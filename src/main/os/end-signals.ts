/**
 * Tells when the system ends the app by a signal. Called once the app is ready: Electron then has handlers of its own,
 * which would quit as a person does and ask about running tasks. A library that listened before them is taken off,
 * because Node installs its handler with a signal's first listener only.
 */
export function onEndSignal(listener: () => void): void {
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
    process.removeAllListeners(signal);
    process.on(signal, listener);
  }
}
