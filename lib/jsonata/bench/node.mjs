// jsonata-js's side: evaluations a CPU second of each expression, as a JSON list on stdout.
//
//   node node.mjs FOLDER INPUT SECONDS

import fs from 'node:fs';
import path from 'node:path';
import { createRequire } from 'node:module';

const [folder, input, seconds] = process.argv.slice(2);
const jsonata = createRequire(path.resolve(folder, 'package.json'))('jsonata');
const d = JSON.parse(fs.readFileSync(input, 'utf8'));
const expressions = JSON.parse(fs.readFileSync(new URL('expressions.json', import.meta.url), 'utf8'));
const rows = [];
for (const [, text] of expressions) {
    const expression = jsonata(text);
    const result = JSON.stringify(await expression.evaluate(undefined, { d }));
    let best = 0;
    for (let round = 0; round < 3; round++) {
        const start = process.cpuUsage();
        let count = 0;
        let used = 0;
        for (let batch = 1; used < (Number(seconds) / 3) * 1e6; batch = Math.min(batch * 2, 1000)) {
            for (let i = 0; i < batch; i++) {
                await expression.evaluate(undefined, { d });
            }
            count += batch;
            const { user, system } = process.cpuUsage(start);
            used = user + system;
        }
        best = Math.max(best, (count * 1e6) / used);
    }
    rows.push([best, result]);
}
console.log(JSON.stringify(rows));
