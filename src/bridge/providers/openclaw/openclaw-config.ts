import path from 'node:path';
import { z } from 'zod';

export const openClawConfigSchema = z.strictObject({
  command: z.string().min(1).optional(),
  /** A gateway that runs already. It is used and never ended. On this machine, because the task's folder is. */
  gateway: z
    .strictObject({
      url: z.url({ protocol: /^wss?$/, hostname: /^(?:localhost|127\.0\.0\.1|\[::1\])$/ }),
      tokenFile: z.string().refine(path.isAbsolute, 'must be absolute'),
    })
    .optional(),
});
