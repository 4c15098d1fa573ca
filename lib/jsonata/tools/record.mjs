// Records what jsonata-js says to each expression of a data file, in place.
//
//   node tools/record.mjs --jsonata FOLDER FILE…            writes the outcomes
//   node tools/record.mjs --jsonata FOLDER --check FILE…    fails when one differs
//
// A file is {"topic": [case, …], …} or a plain list of cases; a case is {expr, input?, bindings?}
// and, once recorded, its outcome (see reference.mjs). Each case stands on a line of its own.

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
    for (const { expr, input, bindings } of cases) {
        count++;
        recorded.push({ expr, input, bindings, ...(await reference.outcome({ expr, input, bindings })) });
    }
    return recorded;
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
