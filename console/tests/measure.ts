// Measures: large histories, graphs, Maps and payloads in the browser; many open pages at the server.

import type { Browser, Page } from '@playwright/test';
import { readFileSync } from 'node:fs';
import { get } from 'node:http';

import { expect, test, type Stepwell } from './server';

const FRAMES = 60;
const FEEDS = 200;
const SECONDS = 10;
const KIB = 1024;

const PASS = { Type: 'Pass', End: true };
const EACH = { StartAt: 'All', States: { All: { Type: 'Map', ItemProcessor: { StartAt: 'One', States: { One: PASS } }, End: true } } };
const items = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

const tell = (...cells: (string | number)[]): void => console.log(`| ${cells.join(' | ')} |`);

/** The history of a Map of 10,000 iterations, which is more than is kept of one. */
const ITERATED = iteratedHistory(10_000);

function iteratedHistory(count: number): object[] {
  const events: object[] = [];
  const add = (type: string, previousEventId: number, details: object = {}): number => {
    const id = events.length + 1;
    events.push({ id, previousEventId, type, timestamp: 1_700_000_000 + id / 1000, madeEventDetails: details });
    return id;
  };
  const entered = add('MapStateEntered', add('ExecutionStarted', 0, { input: '[]' }), { name: 'All', input: '[]' });
  const began = add('MapStateStarted', entered, { length: count });
  let last = began;
  for (let index = 0; index < count; index++) {
    const iteration = add('MapIterationStarted', began, { name: 'All', index });
    const one = add('PassStateEntered', iteration, { name: 'One', input: String(index) });
    const left = add('PassStateExited', one, { name: 'One', output: String(index) });
    last = add('MapIterationSucceeded', left, { name: 'All', index });
  }
  add('ExecutionSucceeded', add('MapStateExited', add('MapStateSucceeded', last), { name: 'All', output: '[]' }), { output: '[]' });
  return events;
}

/** Seconds of processor time that the pages have had, whatever else the machine does meanwhile. */
async function pageSeconds(browser: Browser): Promise<number> {
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send('SystemInfo.getProcessInfo');
  await session.detach();
  return processInfo.filter(({ type }) => type === 'renderer').reduce((sum, { cpuTime }) => sum + cpuTime, 0);
}

interface Cost {
  /** Milliseconds by the clock. */
  clock: number;
  /** Milliseconds of processor time of the page. */
  processor: number;
}

const costText = ({ clock, processor }: Cost): string => `${Math.round(processor)} ms (${(clock / 1000).toFixed(1)} s)`;

async function cost(page: Page, what: () => Promise<unknown>): Promise<Cost> {
  const browser = page.context().browser() as Browser;
  const before = await pageSeconds(browser);
  const began = performance.now();
  await what();
  const clock = performance.now() - began;
  return { clock, processor: ((await pageSeconds(browser)) - before) * 1000 };
}

/** Shows a page and waits for what makes it useful, and then for what makes it whole. */
async function paint(page: Page, url: string, useful: string, whole = useful): Promise<{ useful: string; whole: string }> {
  const waits = (selector: string): Promise<void> => page.locator(selector).first().waitFor({ timeout: 60_000 });
  const first = await cost(page, async () => {
    await page.goto(url, { waitUntil: 'commit' });
    await waits(useful);
  });
  const rest = await cost(page, () => waits(whole));
  return { useful: costText(first), whole: costText({ clock: first.clock + rest.clock, processor: first.processor + rest.processor }) };
}

/** What one frame costs while something moves. */
async function frames(page: Page, move: (step: number) => Promise<unknown>): Promise<string> {
  const { processor } = await cost(page, async () => {
    for (let step = 1; step <= FRAMES; step++) await move(step);
  });
  return `${(processor / FRAMES).toFixed(1)} ms`;
}

/** Scrolls a table from its top to its end, a part of it with each frame. */
const scroll = (page: Page, selector: string) =>
  frames(page, (step) =>
    page.locator(selector).evaluate(
      async (element, part) => {
        element.scrollTop = (element.scrollHeight - element.clientHeight) * part;
        await new Promise((resolve) => requestAnimationFrame(resolve));
      },
      step / FRAMES,
    ),
  );

/** Drags a graph up, a little with each frame. */
async function drag(page: Page): Promise<string> {
  const box = await page.locator('.react-flow__pane').boundingBox();
  if (!box) throw new Error('there is no graph');
  const x = box.x + 12;
  const y = box.y + box.height - 10;
  await page.mouse.move(x, y);
  await page.mouse.down();
  const told = await frames(page, async (step) => {
    await page.mouse.move(x, y - step * 6);
    await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(resolve)));
  });
  await page.mouse.up();
  return told;
}

/** What the page's scripts hold after a collection. */
async function heap(page: Page): Promise<string> {
  const session = await page.context().newCDPSession(page);
  await session.send('HeapProfiler.collectGarbage');
  const { usedSize } = await session.send('Runtime.getHeapUsage');
  await session.detach();
  return `${(usedSize / 1e6).toFixed(0)} MB`;
}

async function ended(stepwell: Stepwell, executionArn: string): Promise<void> {
  await expect.poll(async () => (await stepwell.call<{ status: string }>('DescribeExecution', { executionArn })).status, { timeout: 60_000 }).not.toBe('RUNNING');
}

test('large things in the browser', async ({ page, stepwell }) => {
  tell('what', 'first useful paint', 'whole', 'a frame', 'heap');
  tell('---', '---', '---', '---', '---');
  await stepwell.create('small', { StartAt: 'One', States: { One: PASS } });
  const small = await stepwell.start('small', 'small');
  await page.goto(stepwell.execution(small));
  await page.locator('.react-flow__node-state').waitFor();
  const least = await paint(page, stepwell.execution(small), '.react-flow__node-state');
  tell('one state, to compare with', least.useful, least.whole, await drag(page), await heap(page));

  await stepwell.create('wide', EACH);
  const wide = await stepwell.start('wide', 'wide', items(6000));
  await ended(stepwell, wide);
  const events = await paint(page, stepwell.execution(wide, '?view=events'), '.event-row', 'text=/of 24,\\d+ events/');
  tell('24,000 events, listed', events.useful, events.whole, await scroll(page, '.event-table .grid'), await heap(page));
  const table = await paint(page, stepwell.execution(wide, '?view=table'), '.step-table .grid-row', 'text=/6,001 steps/');
  tell('the same, 6,001 steps with a timeline', table.useful, table.whole, await scroll(page, '.step-table .grid'), await heap(page));
  const graph = await paint(page, stepwell.execution(wide), '.react-flow__node-state');
  tell('the same as a graph', graph.useful, graph.whole, await drag(page), await heap(page));

  await stepwell.create('iterated', EACH, 'EXPRESS');
  const iterated = `${stepwell.arn('iterated').replace(':stateMachine:', ':express:')}:one:two`;
  await page.route('**/stepwell/history?*', (route) => {
    const from = Number(new URL(route.request().url()).searchParams.get('nextToken') ?? 0);
    const nextToken = from + 1000 < ITERATED.length ? String(from + 1000) : undefined;
    return route.fulfill({ json: { events: ITERATED.slice(from, from + 1000), nextToken } });
  });
  const picked = await paint(page, stepwell.execution(iterated), '.iterations input', '.container-box.ok');
  tell('10,000 iterations of a Map, as a graph', picked.useful, picked.whole, await drag(page), await heap(page));
  const field = page.getByLabel('Iteration of All');
  const going = await cost(page, async () => {
    await field.focus();
    await page.keyboard.press('ControlOrMeta+a');
    await page.keyboard.type('9876');
    await page.keyboard.press('Enter');
    await expect(page).toHaveURL(/at=/);
  });
  tell('going to iteration 9,876', costText(going), '', '', '');
  const steps = await paint(page, stepwell.execution(iterated, '?view=table'), '.step-table .grid-row', 'text=/10,001 steps/');
  tell('the same, 10,001 steps with a timeline', steps.useful, steps.whole, await scroll(page, '.step-table .grid'), await heap(page));

  const States = Object.fromEntries(items(1000).map((at) => [`S${at}`, { Type: 'Pass', ...(at < 999 ? { Next: `S${at + 1}` } : { End: true }) }]));
  await stepwell.create('long', { StartAt: 'S0', States });
  const long = await paint(page, stepwell.machine('long', '?tab=definition'), '.react-flow__node-state', '.cm-line');
  tell('a definition of 1,000 states', long.useful, long.whole, await drag(page), await heap(page));
  const run = await stepwell.start('long', 'long');
  await ended(stepwell, run);
  const longRun = await paint(page, stepwell.execution(run), '.react-flow__node-state');
  tell('an execution of 1,000 states', longRun.useful, longRun.whole, await drag(page), await heap(page));

  await stepwell.create('heavy', { StartAt: 'A', States: { A: { Type: 'Pass', Next: 'B' }, B: { Type: 'Pass', Next: 'C' }, C: PASS } });
  const records = items(2400).map((id) => ({ id, name: `record ${id}`, text: 'x'.repeat(60) }));
  expect(JSON.stringify(records).length).toBeLessThan(256 * KIB);
  const heavy = await stepwell.start('heavy', 'heavy', records);
  await ended(stepwell, heavy);
  const data = await paint(page, stepwell.execution(heavy, '?view=data'), '.side-by-side .json', '.side-by-side .cm-line');
  tell('input and output of 256 KiB', data.useful, data.whole, await scroll(page, '.side-by-side'), await heap(page));
  const flow = await paint(page, stepwell.execution(heavy, '?state=B'), '.panel .json', '.panel .cm-line');
  tell('a step with 256 KiB', flow.useful, flow.whole, await scroll(page, '.panel-body'), await heap(page));
});

/** Seconds of processor time that the server has had, and the memory that it has. */
function usage(pid: number): { cpu: number; megabytes: number } {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  const resident = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  // Linux counts in hundredths of a second.
  return { cpu: (Number(fields[11]) + Number(fields[12])) / 100, megabytes: Number(resident) / 1000 };
}

test('many open pages at the server', async ({ stepwell }) => {
  await stepwell.create('busy', { StartAt: 'A', States: { A: PASS } });
  const during = async (perSecond: number): Promise<{ cpu: number; megabytes: number }> => {
    const before = usage(stepwell.pid);
    const began = performance.now();
    const until = (millis: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, began + millis - performance.now()));
    for (let started = 0; started < perSecond * SECONDS; started++) {
      await until((started * 1000) / perSecond);
      await stepwell.start('busy', `b${Math.round(began)}-${started}`);
    }
    await until(SECONDS * 1000);
    const after = usage(stepwell.pid);
    return { cpu: (after.cpu - before.cpu) / ((performance.now() - began) / 1000), megabytes: after.megabytes };
  };
  tell('open pages', 'executions started', 'processor', 'memory of the server');
  tell('---', '---', '---', '---');
  let told = 0;
  const feeds: { destroy: () => void }[] = [];
  for (const pages of [0, FEEDS]) {
    while (feeds.length < pages) {
      feeds.push(
        await new Promise<{ destroy: () => void }>((resolve, reject) => {
          const request = get(`${stepwell.url}/stepwell/changes`, { agent: false }, (answer) => {
            answer.on('data', () => void told++);
            answer.on('error', () => undefined);
            resolve(request);
          });
          request.on('error', reject);
        }),
      );
    }
    for (const perSecond of [0, 50]) {
      const { cpu, megabytes } = await during(perSecond);
      tell(pages, perSecond === 0 ? 'none' : `${perSecond} a second`, `${(cpu * 100).toFixed(1)} %`, `${megabytes.toFixed(0)} MB`);
    }
  }
  for (const feed of feeds) feed.destroy();
  expect(told).toBeGreaterThan(FEEDS);
});
