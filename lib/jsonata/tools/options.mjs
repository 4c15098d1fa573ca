// The command line of the tools: --jsonata FOLDER (or JSONATA_JS), flags, options with a value, files.

export function options(flagNames = [], valueNames = []) {
    const args = process.argv.slice(2);
    const flags = new Set();
    const values = {};
    const files = [];
    let folder = process.env.JSONATA_JS;
    while (args.length > 0) {
        const arg = args.shift();
        if (arg === '--jsonata') {
            folder = args.shift();
        } else if (flagNames.includes(arg)) {
            flags.add(arg);
        } else if (valueNames.includes(arg)) {
            values[arg] = args.shift();
        } else if (arg.startsWith('--')) {
            fail(`unknown option ${arg}`);
        } else {
            files.push(arg);
        }
    }
    if (!folder) {
        fail('where is jsonata-js? Give --jsonata FOLDER, made by tools/fetch.sh');
    }
    return { folder, flags, values, files };
}

function fail(message) {
    console.error(message);
    process.exit(2);
}
