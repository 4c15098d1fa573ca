// A tour of every operation through the AWS SDK for JavaScript. Prints the operations that were answered, for `test_tours.py`.

import { Agent } from "node:http";
import { strict as assert } from "node:assert";
import { NodeHttpHandler } from "@smithy/node-http-handler";
import * as sfn from "@aws-sdk/client-sfn";

const ROLE = "arn:aws:iam::000000000000:role/tour";
const answered = new Set();
const name = (kind) => `javascript-${kind}-${process.pid}`;
// The key comes from the environment.
const settings = { region: "us-east-1", maxAttempts: 1 };

// With the prefix as the SDK puts it: only this process is told that `sync-localhost` is this machine.
const here = (host, options, done) =>
  options.all ? done(null, [{ address: "127.0.0.1", family: 4 }]) : done(null, "127.0.0.1", 4);
const client = new sfn.SFNClient({
  ...settings,
  endpoint: process.env.AWS_ENDPOINT_URL_SFN.replace("127.0.0.1", "localhost"),
  requestHandler: new NodeHttpHandler({ httpAgent: new Agent({ lookup: here, keepAlive: true }) }),
});
// Without it, as `docs/clients.md` says; the endpoint comes from the environment.
const plain = new sfn.SFNClient({ ...settings, disableHostPrefix: true });

async function call(operation, input, by = client) {
  const answer = await by.send(new sfn[`${operation}Command`](input));
  answered.add(operation);
  return answer;
}

/** Calls an operation that must be refused with an error of a class. */
async function refused(operation, input, kind) {
  await assert.rejects(client.send(new sfn[`${operation}Command`](input)), (error) => {
    assert.ok(error instanceof sfn[kind], `${operation}: ${error.name} is no ${kind}`);
    assert.ok(error instanceof sfn.SFNServiceException);
    assert.equal(error.$metadata.httpStatusCode, 400);
    answered.add(operation);
    return true;
  });
}

async function pages(paginate, member, input) {
  const items = [];
  let count = 0;
  for await (const page of paginate({ client, pageSize: 1 }, input)) {
    assert.ok(page[member].length <= 1);
    items.push(...page[member]);
    count += 1;
  }
  assert.ok(count > 1, `${member} came on one page`);
  return items;
}

async function ended(executionArn) {
  for (;;) {
    const execution = await call("DescribeExecution", { executionArn });
    if (execution.status !== "RUNNING") return execution;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

async function activities() {
  const { activityArn } = await call("CreateActivity", { name: name("one") });
  const second = await call("CreateActivity", { name: name("two") });
  const described = await call("DescribeActivity", { activityArn });
  assert.ok(described.creationDate instanceof Date);
  await call("ListActivities", { maxResults: 1 });
  const listed = (await pages(sfn.paginateListActivities, "activities", {})).map((item) => item.activityArn);
  assert.ok(listed.includes(activityArn) && listed.includes(second.activityArn));
  await call("DeleteActivity", second);
  await refused("DescribeActivity", second, "ActivityDoesNotExist");
  return activityArn;
}

async function machines(activityArn) {
  const definition = JSON.stringify({
    StartAt: "Work",
    States: { Work: { Type: "Task", Resource: activityArn, End: true } },
  });
  const valid = await call("ValidateStateMachineDefinition", { definition });
  assert.equal(valid.result, "OK");
  const { stateMachineArn } = await call("CreateStateMachine", { name: name("work"), definition, roleArn: ROLE });
  const described = await call("DescribeStateMachine", { stateMachineArn });
  assert.equal(described.definition, definition);
  const updated = await call("UpdateStateMachine", { stateMachineArn, roleArn: `${ROLE}2` });
  assert.ok(updated.revisionId);
  const other = { name: name("other"), definition, roleArn: ROLE };
  const doomed = await call("CreateStateMachine", other);
  await refused("CreateStateMachine", { ...other, definition: `${definition} ` }, "StateMachineAlreadyExists");
  await call("ListStateMachines", { maxResults: 1 });
  const listed = await pages(sfn.paginateListStateMachines, "stateMachines", {});
  assert.ok(listed.some((machine) => machine.stateMachineArn === stateMachineArn));
  await call("DeleteStateMachine", doomed);
  await refused("StartExecution", doomed, "StateMachineDoesNotExist");
  await refused("CreateStateMachine", { name: name("bad"), definition: "{}", roleArn: ROLE }, "InvalidDefinition");
  return stateMachineArn;
}

async function versions(stateMachineArn) {
  const first = await call("PublishStateMachineVersion", { stateMachineArn, description: "the first" });
  await call("UpdateStateMachine", { stateMachineArn, roleArn: `${ROLE}4` });
  const second = await call("PublishStateMachineVersion", { stateMachineArn });
  const listed = await call("ListStateMachineVersions", { stateMachineArn });
  assert.equal(listed.stateMachineVersions.length, 2);
  const routingConfiguration = [{ stateMachineVersionArn: first.stateMachineVersionArn, weight: 100 }];
  const { stateMachineAliasArn } = await call("CreateStateMachineAlias", { name: "live", routingConfiguration });
  const half = { ...routingConfiguration[0], weight: 50 };
  await call("UpdateStateMachineAlias", {
    stateMachineAliasArn,
    routingConfiguration: [half, { ...half, stateMachineVersionArn: second.stateMachineVersionArn }],
  });
  const alias = await call("DescribeStateMachineAlias", { stateMachineAliasArn });
  assert.equal(alias.routingConfiguration.length, 2);
  const aliases = await call("ListStateMachineAliases", { stateMachineArn });
  assert.equal(aliases.stateMachineAliases[0].stateMachineAliasArn, stateMachineAliasArn);
  await refused("DeleteStateMachineVersion", first, "ConflictException");
  await call("DeleteStateMachineAlias", { stateMachineAliasArn });
  await call("DeleteStateMachineVersion", first);

  await call("TagResource", { resourceArn: stateMachineArn, tags: [{ key: "tea", value: "green" }] });
  const tagged = await call("ListTagsForResource", { resourceArn: stateMachineArn });
  assert.deepEqual(tagged.tags, [{ key: "tea", value: "green" }]);
  await call("UntagResource", { resourceArn: stateMachineArn, tagKeys: ["tea"] });
  await refused("ListTagsForResource", { resourceArn: `${stateMachineArn}-gone` }, "ResourceNotFound");
}

async function executions(stateMachineArn, activityArn) {
  const take = () => call("GetActivityTask", { activityArn, workerName: "tour" });
  const start = async () => (await call("StartExecution", { stateMachineArn, input: '{"cups": 2}' })).executionArn;

  // The worker asks before there is anything to do.
  const waiting = take();
  const good = await start();
  const { taskToken, input } = await waiting;
  assert.deepEqual(JSON.parse(input), { cups: 2 });
  await call("SendTaskHeartbeat", { taskToken });
  await call("SendTaskSuccess", { taskToken, output: '{"brewed": true}' });
  assert.deepEqual(JSON.parse((await ended(good)).output), { brewed: true });
  await refused("SendTaskSuccess", { taskToken, output: "{}" }, "TaskTimedOut");
  await refused("SendTaskSuccess", { taskToken: "none", output: "{}" }, "InvalidToken");
  await call("GetExecutionHistory", { executionArn: good });
  const history = await pages(sfn.paginateGetExecutionHistory, "events", { executionArn: good });
  assert.equal(history.at(-1).type, "ExecutionSucceeded");
  assert.ok(history[0].timestamp instanceof Date);

  const bad = await start();
  await call("SendTaskFailure", { ...(await take()), error: "OutOfTea", cause: "the pot is empty" });
  assert.equal((await ended(bad)).error, "OutOfTea");
  await call("RedriveExecution", { executionArn: bad });
  await call("SendTaskSuccess", { ...(await take()), output: "{}" });
  const redriven = await ended(bad);
  assert.deepEqual([redriven.status, redriven.redriveCount], ["SUCCEEDED", 1]);
  await refused("RedriveExecution", { executionArn: bad }, "ExecutionNotRedrivable");

  const long = await start();
  assert.ok((await call("StopExecution", { executionArn: long, error: "Closed" })).stopDate instanceof Date);
  assert.equal((await ended(long)).status, "ABORTED");
  await refused("DescribeExecution", { executionArn: `${long}-gone` }, "ExecutionDoesNotExist");
  await refused("DescribeExecution", { executionArn: "tea" }, "InvalidArn");

  await call("ListExecutions", { stateMachineArn, statusFilter: "ABORTED" });
  const listed = await pages(sfn.paginateListExecutions, "executions", { stateMachineArn });
  assert.equal(listed.length, 3);
  const revision = await call("DescribeStateMachineForExecution", { executionArn: good });
  assert.equal(revision.stateMachineArn, stateMachineArn);

  assert.deepEqual((await call("ListMapRuns", { executionArn: good })).mapRuns, []);
  const mapRunArn = `${good.replace(":execution:", ":mapRun:").replace(/:[^:]*$/, "/Each")}:00000000-0000-0000-0000-000000000000`;
  await refused("DescribeMapRun", { mapRunArn }, "ResourceNotFound");
  await refused("UpdateMapRun", { mapRunArn, maxConcurrency: 1 }, "ResourceNotFound");
}

async function synchronous() {
  const definition = JSON.stringify({ StartAt: "Pour", States: { Pour: { Type: "Pass", End: true } } });
  const created = await call("CreateStateMachine", { name: name("pour"), definition, roleArn: ROLE, type: "EXPRESS" });
  for (const by of [client, plain]) {
    const poured = await call("StartSyncExecution", { ...created, input: '{"cups": 2}' }, by);
    assert.deepEqual([poured.status, JSON.parse(poured.output)], ["SUCCEEDED", { cups: 2 }]);
    const tested = await call("TestState", { definition: '{"Type": "Pass", "End": true}', input: '{"cups": 2}' }, by);
    assert.deepEqual([tested.status, JSON.parse(tested.output)], ["SUCCEEDED", { cups: 2 }]);
  }
  await call("DeleteStateMachine", created);
}

const activityArn = await activities();
const stateMachineArn = await machines(activityArn);
await executions(stateMachineArn, activityArn);
await versions(stateMachineArn);
await synchronous();
await call("DeleteStateMachine", { stateMachineArn });
await call("DeleteActivity", { activityArn });
console.log(JSON.stringify([...answered]));
