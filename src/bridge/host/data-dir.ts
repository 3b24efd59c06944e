import path from 'node:path';
import envPaths from 'env-paths';

/** Everything that one installation keeps: `<root>/control-plane`, `<root>/bridge`, `<root>/device.json`. */
export interface DataDir {
  readonly root: string;
  readonly controlPlane: string;
  readonly bridge: string;
  readonly deviceFile: string;
}

/** `--data`, else CTRLNODE_DATA_DIR, else the system's folder for application data. */
export function resolveDataDir(option: string | undefined, env: NodeJS.ProcessEnv = process.env): DataDir {
  const root = path.resolve(option ?? env.CTRLNODE_DATA_DIR ?? envPaths('ctrlnode', { suffix: '' }).data);
  return {
    root,
    controlPlane: path.join(root, 'control-plane'),
    bridge: path.join(root, 'bridge'),
    deviceFile: path.join(root, 'device.json'),
  };
}
