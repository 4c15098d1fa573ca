// The reference: jsonata-js in a worker thread, with a time limit for each expression, since
// jsonata-js can hang. Time stands still there and chance is one half, so that outcomes repeat.
//
// An outcome is one of
//   {"value": …}        what the expression yields
//   {"undefined": true} it yields nothing
//   {"function": true}  it yields a function, or something that holds one
//   {"error": {code, message, position, token, value, value2, index}}
//   {"crash": "…"}      JavaScript's own error, which tells nothing about JSONata
//   {"timeout": true}   no answer in time

import fs from 'node:fs';
import path from 'node:path';
import { Worker, isMainThread, parentPort, workerData } from 'node:worker_threads';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

/** The moment at which every expression is evaluated, in milliseconds since 1970. */
export const NOW = 1700000000123;

export class Reference {
    #folder;
    #limit;
    #worker = null;

    /** `folder` is where npm put jsonata (tools/fetch.sh). */
    constructor(folder, limitMillis = 2000) {
        this.#folder = folder;
        this.#limit = limitMillis;
    }

    /**
     * The outcome of {expr, input?, bindings?, depth?, timelimit?, watch?}. An absent input is
     * undefined. With `watch`, `"hollow": true` says that an array held undefined on the way.
     */
    async outcome(task) {
        this.#worker ??= await this.#start();
        const worker = this.#worker;
        return new Promise((resolve) => {
            const settle = (outcome, dead) => {
                clearTimeout(timer);
                for (const [event, listener] of Object.entries(listeners)) {
                    worker.off(event, listener);
                }
                if (dead) {
                    this.#worker = null;
                    worker.terminate();
                }
                resolve(outcome);
            };
            const listeners = {
                message: (text) => settle(JSON.parse(text), false),
                error: (error) => settle({ crash: String(error.message) }, true),
                exit: () => settle({ crash: 'the worker ended' }, true),
            };
            for (const [event, listener] of Object.entries(listeners)) {
                worker.on(event, listener);
            }
            const timer = setTimeout(() => settle({ timeout: true }, true), this.#limit);
            worker.postMessage(JSON.stringify(task));
        });
    }

    async close() {
        await this.#worker?.terminate();
    }

    #start() {
        const worker = new Worker(fileURLToPath(import.meta.url), {
            workerData: { folder: this.#folder },
            resourceLimits: { maxOldGenerationSizeMb: 512 },
        });
        return new Promise((resolve, reject) => {
            worker.once('error', reject);
            worker.once('message', () => {
                worker.off('error', reject);
                resolve(worker);
            });
        });
    }
}

if (!isMainThread && workerData?.folder) {
    serve(workerData.folder);
}

function serve(folder) {
    const jsonata = createRequire(path.resolve(folder, 'package.json'))('jsonata');
    const RealDate = Date;
    globalThis.Date = class extends RealDate {
        constructor(...args) {
            super(...(args.length === 0 ? [NOW] : args));
        }
        static now() {
            return NOW;
        }
    };
    Math.random = () => 0.5;
    let builtins;
    parentPort.on('message', async (text) => {
        // jsonata-js notes on its builtins by what name and where they were called last, and puts it
        // into later errors; so that an outcome depends on its expression only, these notes go.
        builtins ??= await findBuiltins(jsonata, folder);
        for (const builtin of builtins) {
            delete builtin.token;
            delete builtin.position;
        }
        const outcome = await evaluate(jsonata, JSON.parse(text));
        if (JSON.parse(text).watch && (await isHollow(jsonata, JSON.parse(text)))) {
            outcome.hollow = true;
        }
        parentPort.postMessage(JSON.stringify(outcome));
    });
    parentPort.postMessage('ready');
}

async function findBuiltins(jsonata, folder) {
    const source = fs.readFileSync(path.resolve(folder, 'node_modules/jsonata/jsonata.js'), 'utf8');
    const names = [...source.matchAll(/staticFrame\.bind\('(\w+)'/g)].map(([, name]) => name);
    return Promise.all(names.map((name) => jsonata(`$${name}`).evaluate()));
}

async function evaluate(jsonata, task) {
    try {
        const expression = jsonata(task.expr);
        if (task.depth) {
            guard(expression, task.depth, task.timelimit);
        }
        return describe(await expression.evaluate(task.input, task.bindings));
    } catch (error) {
        if (error === null || typeof error !== 'object' || typeof error.code !== 'string') {
            return { crash: String(error?.message ?? error) };
        }
        const said = { code: error.code };
        if (error.message !== undefined) {
            said.message = error.message.toWellFormed();
        }
        for (const name of ['position', 'token', 'value', 'value2', 'index']) {
            if (error[name] !== undefined) {
                said[name] = plain(error[name]);
            }
        }
        return { error: said };
    }
}

/** Stops where the guard of jsonata-js's own test suite does. */
function guard(expression, depthMax, millisMax) {
    const start = performance.now();
    let depth = 0;
    const check = () => {
        if (depth > depthMax || performance.now() - start > millisMax) {
            throw { code: 'U1001', message: 'Too deep or too long' };
        }
    };
    expression.assign(Symbol.for('jsonata.__evaluate_entry'), () => {
        depth++;
        check();
    });
    expression.assign(Symbol.for('jsonata.__evaluate_exit'), () => {
        depth--;
        check();
    });
}

async function isHollow(jsonata, task) {
    let hollow = false;
    const look = (value, depth = 4) => {
        if (Array.isArray(value) && value.includes(undefined)) {
            hollow = true;
        } else if (value !== null && typeof value === 'object' && !value._jsonata_lambda && depth > 0) {
            Object.values(value).forEach((member) => look(member, depth - 1));
        }
    };
    try {
        const expression = jsonata(task.expr);
        expression.assign(Symbol.for('jsonata.__evaluate_entry'), (_, input) => {
            // A step over nothing: an array of steps held it.
            hollow ||= input === undefined && task.input !== undefined;
            look(input);
        });
        expression.assign(Symbol.for('jsonata.__evaluate_exit'), (_, input, frame, result) => look(result));
        await expression.evaluate(task.input, task.bindings);
    } catch {
        // Its outcome is known; only what was seen on the way counts.
    }
    return hollow;
}

const FUNCTION = Symbol('function');

function describe(result) {
    if (result === undefined) {
        return { undefined: true };
    }
    try {
        return { value: plain(result, true) };
    } catch (error) {
        if (error === FUNCTION) {
            return { function: true };
        }
        throw error;
    }
}

/** What JSON can say of a value: infinities and NaN as text, as Step Functions has them. */
function plain(value, strict = false) {
    switch (typeof value) {
        case 'number':
            return Number.isFinite(value) ? value : String(value);
        case 'function':
            if (strict) {
                throw FUNCTION;
            }
            return '<function>';
        case 'object':
            if (value === null) {
                return null;
            }
            if (value._jsonata_function || value._jsonata_lambda || value instanceof RegExp) {
                if (strict) {
                    throw FUNCTION;
                }
                return value instanceof RegExp ? {} : '<function>';
            }
            if (Array.isArray(value)) {
                return Array.from(value, (item) => (item === undefined ? null : plain(item, strict)));
            }
            return Object.fromEntries(
                Object.entries(value)
                    .filter(([, member]) => member !== undefined)
                    .map(([name, member]) => [name, plain(member, strict)]),
            );
        case 'string':
            // Half a surrogate pair is no Unicode; the sign for what cannot be read stands in its place.
            return value.toWellFormed();
        default:
            return value;
    }
}
