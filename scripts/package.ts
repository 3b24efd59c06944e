// Makes the installers of this system into dist/package/installers: `npm run package [-- --signed] [-- AppImage deb]`.
// Without `--signed` they are not signed, and the app says so.
import { statSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { packageInstallers } from './lib/desktop-package.ts';

const { values, positionals } = parseArgs({ options: { signed: { type: 'boolean' } }, allowPositionals: true });
const isSigned = values.signed ?? false;
const files = await packageInstallers({ isSigned, targets: positionals });
for (const file of files) console.log(`${(statSync(file).size / 2 ** 20).toFixed(1)} MiB  ${file}`);
console.log(
  isSigned
    ? 'Signed, where the system has signatures.'
    : 'NOT SIGNED: for your own use. Systems warn before they open it; see docs/releasing.md.',
);
