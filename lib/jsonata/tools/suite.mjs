// Says where jsonata-js 2.0.6 differs from a newer suite: for each case whose expectation it does
// not meet, what it gives instead. The data file of tests/suite.rs.
//
//   node tools/suite.mjs --jsonata FOLDER --suite FOLDER > tests/data/dialect-2.0.6.json

import fs from 'node:fs';
import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { Reference } from './reference.mjs';
import { options } from './options.mjs';

const { folder, values } = options([], ['--suite']);
const suite = values['--suite'] ?? process.env.JSONATA_SUITE;
const reference = new Reference(folder, 10000);
const differences = {};
let count = 0;

for (const group of fs.readdirSync(path.join(suite, 'groups')).sort()) {
    for (const file of fs.readdirSync(path.join(suite, 'groups', group)).sort()) {
        const content = JSON.parse(fs.readFileSync(path.join(suite, 'groups', group, file), 'utf8'));
        const single = !Array.isArray(content);
        for (const [index, one] of [content].flat().entries()) {
            count++;
            const outcome = await reference.outcome({
                expr: one.expr,
                input: input(one),
                bindings: one.bindings,
                depth: 'timelimit' in one ? one.depth : undefined,
                timelimit: one.timelimit,
            });
            if (!meets(one, outcome)) {
                const name = path.basename(file, '.json');
                differences[`${group}/${name}${single ? '' : `[${index}]`}`] = outcome;
            }
        }
    }
}
await reference.close();
const lines = Object.entries(differences).map(([name, outcome]) => `  ${JSON.stringify(name)}: ${JSON.stringify(outcome)}`);
console.log(`{\n${lines.join(',\n')}\n}`);
console.error(`${lines.length} of ${count} cases differ`);

function input(one) {
    if (one.dataset) {
        return JSON.parse(fs.readFileSync(path.join(suite, 'datasets', `${one.dataset}.json`), 'utf8'));
    }
    return one.data;
}

function meets(one, outcome) {
    if (one.undefinedResult) {
        return outcome.undefined === true;
    }
    if ('result' in one) {
        const same = isDeepStrictEqual(outcome.value, one.result);
        return same || (one.unordered === true && isDeepStrictEqual(sorted(outcome.value), sorted(one.result)));
    }
    const code = one.code ?? one.error?.code;
    const token = one.token ?? one.error?.token;
    return outcome.error?.code === code && (token === undefined || outcome.error.token === token);
}

function sorted(list) {
    return Array.isArray(list) ? list.map((item) => JSON.stringify(item)).sort() : list;
}
