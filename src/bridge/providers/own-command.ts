import { z } from 'zod';
import type { Environment } from './supervisor/environment.ts';

/** What most adapters let the user say: where the program is. An absolute path, or a name that is looked for in PATH. */
export const ownCommandSchema = z.strictObject({ command: z.string().min(1).optional() });

/** What an adapter of such a program is made of. */
export interface OwnProgramOptions extends z.output<typeof ownCommandSchema> {
  readonly environment: Environment;
  readonly loginPath: () => Promise<string>;
}
