#!/usr/bin/env node
// The command `ctrlnode`. Plain JavaScript that any Node from 20 up can start: it hands over to the Node 24 that the
// project brings, builds what is stale in a checkout, and runs the built program.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const NODE_MAJOR = 24;

if (Number(process.versions.node.split('.')[0]) < NODE_MAJOR) handOver();
else await run();

async function run() {
  if (existsSync(path.join(root, 'src'))) {
    const { buildForCommand } = await import(pathToFileURL(path.join(root, 'scripts/build.ts')).href);
    await buildForCommand(process.argv.slice(2));
  }
  await import(pathToFileURL(path.join(root, 'dist/cli/main.js')).href);
}

// A child, not exec: Node 20 has no execve. Signals reach both through the terminal's process group, or are passed on.
function handOver() {
  const name = process.platform === 'win32' ? 'node.exe' : 'node';
  const node = path.join(root, 'node_modules', 'node', 'bin', name);
  if (!existsSync(node)) {
    process.stderr.write(
      `CTRL NODE needs Node ${NODE_MAJOR}; this is ${process.version}. Run "npm ci" here, or install Node ${NODE_MAJOR}.\n`,
    );
    process.exit(1);
  }
  const child = spawn(node, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], { stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('exit', (code, signal) => process.exit(code ?? (signal ? 1 : 0)));
}
