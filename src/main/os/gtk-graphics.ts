const NAME = 'GDK_GL';

/**
 * On Linux, GTK loads the system's OpenGL driver into the first of its programs on a screen, to look at what it offers:
 * some 50 MB that a tray app never uses, as pages are drawn by another process. To be called before Electron is ready;
 * what it returns is called after, so that agents find the environment as the user has it.
 */
export function keepGtkFromGraphics(): () => void {
  if (process.platform !== 'linux' || process.env[NAME] !== undefined) return () => undefined;
  process.env[NAME] = 'disable';
  return () => {
    delete process.env[NAME];
  };
}
