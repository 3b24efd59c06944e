/** Starts a stack in a process of its own, so that a test can see what happens when that process dies. */
import { startStack } from './stack.ts';

const [dataDir = ''] = process.argv.slice(2);
await startStack({ dataDir });
process.stdin.once('data', () => {
  throw new Error('A script that fails.');
});
console.log('ready');
