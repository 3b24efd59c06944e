import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import type { Environment } from '../supervisor/environment.ts';
import type { GatewayTarget } from './gateway-connection.ts';

const DEFAULT_PORT = 18_789;

const secret = z.string().min(1).optional().catch(undefined);
const configSchema = z.object({
  gateway: z
    .object({
      port: z.int().min(1).max(65_535).optional().catch(undefined),
      auth: z.object({ mode: secret, token: secret, password: secret }).optional().catch(undefined),
    })
    .optional()
    .catch(undefined),
});

/** Where the user's own gateway would listen, as far as OpenClaw's configuration says it in plain words. */
export async function userGateway(environment: Environment): Promise<GatewayTarget> {
  const { gateway } = await readConfig(configPath(environment));
  const port = portOf(environment) ?? gateway?.port ?? DEFAULT_PORT;
  const token = environment.OPENCLAW_GATEWAY_TOKEN ?? resolved(gateway?.auth?.token, environment);
  const password = environment.OPENCLAW_GATEWAY_PASSWORD ?? resolved(gateway?.auth?.password, environment);
  const isByPassword = gateway?.auth?.mode === 'password' || token === undefined;
  const auth = isByPassword ? { ...(password !== undefined && { password }) } : { token };
  return { url: `ws://127.0.0.1:${port}`, auth };
}

function configPath({ OPENCLAW_CONFIG_PATH, OPENCLAW_STATE_DIR, HOME = '/' }: Environment): string {
  return OPENCLAW_CONFIG_PATH ?? path.join(OPENCLAW_STATE_DIR ?? path.join(HOME, '.openclaw'), 'openclaw.json');
}

// It may be absent, or hold comments; then what it says about the gateway is not known, which is no error here.
async function readConfig(file: string): Promise<z.infer<typeof configSchema>> {
  try {
    return configSchema.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch {
    return {};
  }
}

function portOf({ OPENCLAW_GATEWAY_PORT }: Environment): number | undefined {
  const port = Number(OPENCLAW_GATEWAY_PORT);
  return Number.isInteger(port) && port > 0 && port < 65_536 ? port : undefined;
}

/** Its configuration may name a variable: `${NAME}`. */
function resolved(value: string | undefined, environment: Environment): string | undefined {
  const name = /^\$\{(\w+)\}$/.exec(value ?? '')?.[1];
  return name === undefined ? value : environment[name];
}
