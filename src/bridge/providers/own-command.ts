import { z } from 'zod';

/** What most adapters let the user say: where the program is. An absolute path, or a name that is looked for in PATH. */
export const ownCommandSchema = z.strictObject({ command: z.string().min(1).optional() });
