// Runs a Node.js handler: takes events from the Lambda Runtime API, one at a time, and posts what became of them.
// The loader passes in `require` and `load`, its own dynamic import.
'use strict';

const fs = require('node:fs');
const http = require('node:http');
const path = require('node:path');
const { createRequire } = require('node:module');
const { pathToFileURL } = require('node:url');
const { isNativeError } = require('node:util').types;

const root = process.env.LAMBDA_TASK_ROOT;
// The same folder as stack traces may name it.
const roots = [path.resolve(root), fs.realpathSync(root)].map((folder) => `${folder}/`);
const [hostname, port] = process.env.AWS_LAMBDA_RUNTIME_API.split(':');
const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });

class RuntimeError extends Error {
  constructor(kind, message) {
    super(message);
    this.name = `Runtime.${kind}`;
  }
}

function call(method, where, body = '', headers = {}) {
  return new Promise((resolve, reject) => {
    const bytes = Buffer.from(body);
    const request = http.request(
      {
        agent,
        hostname,
        port,
        method,
        path: `/2018-06-01/runtime${where}`,
        headers: { 'Content-Type': 'application/json', 'Content-Length': bytes.length, ...headers },
      },
      (response) => {
        const parts = [];
        response.on('data', (part) => parts.push(part));
        response.on('error', reject);
        response.on('end', () => resolve({ headers: response.headers, body: Buffer.concat(parts).toString() }));
      },
    );
    request.on('error', reject);
    request.end(bytes);
  });
}

function isModulePackage(folder) {
  const file = path.join(folder, 'package.json');
  if (fs.existsSync(file)) {
    try {
      return JSON.parse(fs.readFileSync(file, 'utf8'))?.type === 'module';
    } catch {
      return false;
    }
  }
  const parent = path.dirname(folder);
  return parent !== folder && path.basename(parent) !== 'node_modules' && isModulePackage(parent);
}

async function loadModule(file, name) {
  const fromRoot = createRequire(path.join(root, 'index.js'));
  const exists = (extension) => fs.existsSync(file + extension) && fs.statSync(file + extension).isFile();
  if (exists('')) return fromRoot(file);
  if (exists('.js')) {
    if (isModulePackage(path.dirname(file))) return load(pathToFileURL(file + '.js').href);
    return fromRoot(file + '.js');
  }
  if (exists('.mjs')) return load(pathToFileURL(file + '.mjs').href);
  if (exists('.cjs')) return fromRoot(file + '.cjs');
  return fromRoot(fromRoot.resolve(name, { paths: [root, path.dirname(file)] }));
}

async function loadHandler(handler) {
  if (handler.includes('..')) {
    throw new RuntimeError(
      'MalformedHandlerName',
      `'${handler}' is not a valid handler name. Use absolute paths when specifying root directories in handler names.`,
    );
  }
  const base = path.basename(handler);
  const dot = base.indexOf('.');
  if (dot < 0) throw new RuntimeError('MalformedHandlerName', 'Bad handler');
  const name = base.slice(0, dot);
  const folder = handler.slice(0, handler.length - base.length);

  let exported;
  try {
    exported = await loadModule(path.resolve(root, folder, name), name);
  } catch (error) {
    if (error instanceof SyntaxError) throw new RuntimeError('UserCodeSyntaxError', String(error));
    if (error?.code === 'MODULE_NOT_FOUND') throw new RuntimeError('ImportModuleError', String(error));
    throw error;
  }
  const found = base
    .slice(dot + 1)
    .split('.')
    .reduce((value, key) => value?.[key], exported);
  if (!found) throw new RuntimeError('HandlerNotFound', `${handler} is undefined or not exported`);
  if (typeof found !== 'function') throw new RuntimeError('HandlerNotFound', `${handler} is not a function`);
  return found;
}

function errorReport(error) {
  try {
    if (isNativeError(error) || (error?.name && error.message && typeof error.stack === 'string')) {
      return { errorType: error.name, errorMessage: error.message, trace: error.stack.split('\n') };
    }
    return { errorType: typeof error, errorMessage: error.toString(), trace: [] };
  } catch {
    return {
      errorType: 'handled',
      errorMessage:
        'callback called with Error argument, but there was a problem while retrieving one or more of its message, name, and stack',
    };
  }
}

function postError(where, error) {
  const report = errorReport(error);
  console.error(report.trace?.length ? report.trace.join('\n') : `${report.errorType}: ${report.errorMessage}`);
  // The paths that the code has on Lambda.
  const asDeployed = (line) => roots.reduce((text, folder) => text.replaceAll(folder, '/var/task/'), line);
  report.trace = report.trace?.map(asDeployed);
  const type = encodeURI(String(report.errorType));
  return call('POST', `${where}/error`, JSON.stringify(report), { 'Lambda-Runtime-Function-Error-Type': type });
}

function contextOf(headers) {
  const deadline = Number(headers['lambda-runtime-deadline-ms']);
  const client = headers['lambda-runtime-client-context'];
  return {
    callbackWaitsForEmptyEventLoop: true,
    functionVersion: process.env.AWS_LAMBDA_FUNCTION_VERSION,
    functionName: process.env.AWS_LAMBDA_FUNCTION_NAME,
    memoryLimitInMB: process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: process.env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: process.env.AWS_LAMBDA_LOG_STREAM_NAME,
    clientContext: client ? JSON.parse(Buffer.from(client, 'latin1').toString()) : undefined,
    identity: undefined,
    invokedFunctionArn: headers['lambda-runtime-invoked-function-arn'],
    awsRequestId: headers['lambda-runtime-aws-request-id'],
    getRemainingTimeInMillis: () => Math.max(0, deadline - Date.now()),
  };
}

// What to do once the event loop has nothing left; only while an event is being handled.
let whenIdle = null;
// The path of the event being handled.
let current = null;

function serve(handler, { headers, body }) {
  const where = `/invocation/${headers['lambda-runtime-aws-request-id']}`;
  let answered = false;
  current = where;
  process.env._X_AMZN_TRACE_ID = headers['lambda-runtime-trace-id'] ?? '';

  const answer = (post) => {
    if (answered) return;
    answered = true;
    whenIdle = null;
    post()
      .then(() => {
        current = null;
        poll(handler);
      })
      .catch(hostGone);
  };
  const fail = (error) => answer(() => postError(where, error));
  const succeed = (value) => {
    let text;
    try {
      text = JSON.stringify(value === undefined ? null : value) ?? 'null';
    } catch {
      return fail(new Error('Unable to stringify response body'));
    }
    answer(() => call('POST', `${where}/response`, text));
  };

  whenIdle = () => succeed(null);
  try {
    const context = contextOf(headers);
    const callback = (error, value) => {
      if (error !== undefined && error !== null) return fail(error);
      if (!context.callbackWaitsForEmptyEventLoop) return setImmediate(succeed, value);
      whenIdle = () => succeed(value);
    };
    Object.assign(context, { done: callback, fail, succeed: (value) => callback(null, value) });
    const result = handler(JSON.parse(body), context, callback);
    if (typeof result?.then === 'function') result.then(succeed, fail);
  } catch (error) {
    fail(error);
  }
}

function poll(handler) {
  call('GET', '/invocation/next')
    .then((event) => serve(handler, event))
    .catch(hostGone);
}

function hostGone() {
  process.exit(1);
}

function dieWith(error, status) {
  const gone = () => process.exit(status);
  postError(current ?? '/init', error).then(gone, gone);
}

process.on('beforeExit', () => {
  const next = whenIdle;
  whenIdle = null;
  next?.();
});
process.on('uncaughtException', (error) => dieWith(error, 129));
process.on('unhandledRejection', (reason) => dieWith(new RuntimeError('UnhandledPromiseRejection', String(reason)), 128));

loadHandler(process.env._HANDLER).then(poll, (error) => dieWith(error, 1));
