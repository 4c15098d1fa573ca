// Records what jsonata-js says to each expression of a data file, in place.
//
//   node tools/record.mjs --jsonata FOLDER FILE…            writes the outcomes
//   node tools/record.mjs --jsonata FOLDER --check FILE…    fails when one differs
//
// A file is {"topic": [case, …], …} or a plain list of cases; a case is {expr, on?, input?, bindings?}
// and, once recorded, its outcome (see reference.mjs). `on` names a file of tests/data/inputs.
// Each case stands on a line of its own.

import fs from 'node:fs';
import { Reference } from './reference.mjs';
import { options } from './options.mjs';

const { folder, flags, files } = options(['--check']);
const reference = new Reference(folder);
let differences = 0;
let count = 0;

for (const file of files) {
    const before = fs.readFileSync(file, 'utf8');
    const data = JSON.parse(before);
    const recorded = Array.isArray(data) ? await all(data) : {};
    if (!Array.isArray(data)) {
        for (const [topic, cases] of Object.entries(data)) {
            recorded[topic] = await all(cases);
        }
    }
    const after = print(recorded);
    if (after !== before && flags.has('--check')) {
        differences++;
        console.error(`${file} is not what jsonata-js says`);
    } else if (after !== before) {
        fs.writeFileSync(file, after);
    }
}
await reference.close();
console.log(`${count} expressions in ${files.length} files`);
process.exit(differences === 0 ? 0 : 1);

async function all(cases) {
    const recorded = [];
    for (const { expr, on, input, bindings } of cases) {
        count++;
        const outcome = await reference.outcome({ expr, input: on ? document(on) : input, bindings });
        recorded.push({ expr, on, input, bindings, ...outcome });
    }
    return recorded;
}

function document(name) {
    return JSON.parse(fs.readFileSync(new URL(`../tests/data/inputs/${name}.json`, import.meta.url), 'utf8'));
}

function print(data) {
    const list = (cases, indent) => cases.map((one) => indent + JSON.stringify(one)).join(',\n');
    if (Array.isArray(data)) {
        return `[\n${list(data, '  ')}\n]\n`;
    }
    const topics = Object.entries(data).map(
        ([topic, cases]) => `  ${JSON.stringify(topic)}: [\n${list(cases, '    ')}\n  ]`,
    );
    return `{\n${topics.join(',\n')}\n}\n`;
}
