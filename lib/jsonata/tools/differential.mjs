// Answers cases with what jsonata-js says: a line {"expr", "input"?} in, a line with its outcome out.
//
//   node tools/differential.mjs --jsonata FOLDER [--limit MILLIS] < cases > outcomes

import readline from 'node:readline';
import { Reference } from './reference.mjs';
import { options } from './options.mjs';

const { folder, values } = options([], ['--limit']);
const reference = new Reference(folder, Number(values['--limit'] ?? 1000));
for await (const line of readline.createInterface({ input: process.stdin })) {
    process.stdout.write(`${JSON.stringify(await reference.outcome({ ...JSON.parse(line), watch: true }))}\n`);
}
await reference.close();
