// Integrations: what a Task's resource names, how its action can be called, and what the action is given most of all.

import type { Field } from './fields';

export type Pattern = '' | '.sync' | '.sync:2' | '.waitForTaskToken';

export const PATTERNS: Record<Pattern, { words: string; help: string }> = {
  '': { words: 'Request and response', help: 'The result is what the service answers.' },
  '.sync': { words: 'Run a job (.sync)', help: 'The task ends when the job has ended, with the job as its result.' },
  '.sync:2': { words: 'Run a job (.sync:2)', help: 'As .sync, with the output of the execution as JSON instead of text.' },
  '.waitForTaskToken': {
    words: 'Wait for a callback',
    help: 'The task ends when somebody sends its token back with SendTaskSuccess or SendTaskFailure.',
  },
};

type Calls = 'plain' | 'sync' | 'token' | 'both' | 'all';

const ALLOWED: Record<Calls, Pattern[]> = {
  plain: [''],
  sync: ['', '.sync'],
  token: ['', '.waitForTaskToken'],
  both: ['', '.sync', '.waitForTaskToken'],
  all: ['', '.sync', '.sync:2', '.waitForTaskToken'],
};

const KNOWN: Record<string, Record<string, Calls>> = {
  apigateway: { invoke: 'token' },
  athena: { startQueryExecution: 'sync', stopQueryExecution: 'plain', getQueryExecution: 'plain', getQueryResults: 'plain' },
  batch: { submitJob: 'sync' },
  bedrock: { invokeModel: 'token', createModelCustomizationJob: 'both' },
  bedrockagentcore: { invokeHarness: 'plain' },
  codebuild: {
    startBuild: 'sync',
    stopBuild: 'plain',
    batchDeleteBuilds: 'plain',
    batchGetReports: 'plain',
    startBuildBatch: 'sync',
    stopBuildBatch: 'plain',
    retryBuildBatch: 'sync',
    deleteBuildBatch: 'plain',
  },
  databrew: { startJobRun: 'sync' },
  dynamodb: { getItem: 'plain', putItem: 'plain', updateItem: 'plain', deleteItem: 'plain' },
  ecs: { runTask: 'both' },
  eks: {
    createCluster: 'both',
    deleteCluster: 'both',
    createNodegroup: 'both',
    deleteNodegroup: 'both',
    createFargateProfile: 'both',
    deleteFargateProfile: 'both',
    runJob: 'both',
    call: 'token',
  },
  elasticmapreduce: {
    createCluster: 'sync',
    terminateCluster: 'sync',
    addStep: 'sync',
    cancelStep: 'plain',
    setClusterTerminationProtection: 'plain',
    modifyInstanceFleetByName: 'plain',
    modifyInstanceGroupByName: 'plain',
  },
  'emr-containers': { createVirtualCluster: 'plain', deleteVirtualCluster: 'sync', startJobRun: 'sync' },
  'emr-serverless': {
    createApplication: 'sync',
    startApplication: 'sync',
    stopApplication: 'sync',
    deleteApplication: 'sync',
    startJobRun: 'sync',
    cancelJobRun: 'sync',
  },
  events: { putEvents: 'token' },
  glue: { startJobRun: 'sync' },
  http: { invoke: 'plain' },
  lambda: { invoke: 'token' },
  mediaconvert: { createJob: 'sync' },
  sagemaker: {
    createEndpoint: 'plain',
    createEndpointConfig: 'plain',
    createHyperParameterTuningJob: 'sync',
    createLabelingJob: 'sync',
    createModel: 'plain',
    createProcessingJob: 'sync',
    createTrainingJob: 'sync',
    createTransformJob: 'sync',
    updateEndpoint: 'plain',
  },
  sns: { publish: 'token' },
  sqs: { sendMessage: 'token' },
  states: { startExecution: 'all' },
};

/** Resources to choose from. Any other can be written. */
export const RESOURCES: string[] = Object.entries(KNOWN).flatMap(([service, actions]) =>
  Object.keys(actions).map((action) => `arn:aws:states:::${service}:${action}`),
);

export interface Target {
  kind: 'function' | 'activity' | 'service' | 'sdk' | 'other';
  /** As in `sqs:sendMessage`; for functions and activities their ARN. */
  name: string;
  pattern: Pattern;
}

export function targetOf(resource: string): Target {
  const service = /^arn:[^:]+:states:::(.+)$/.exec(resource)?.[1];
  if (service !== undefined) {
    const [, name = service, pattern = ''] = /^(.*?)(\.sync:2|\.sync|\.waitForTaskToken)?$/.exec(service) ?? [];
    return { kind: service.startsWith('aws-sdk:') ? 'sdk' : 'service', name, pattern: pattern as Pattern };
  }
  if (/^arn:[^:]+:lambda:[^:]*:[^:]*:function:/.test(resource)) return { kind: 'function', name: resource, pattern: '' };
  if (/^arn:[^:]+:states:[^:]+:[^:]+:activity:/.test(resource)) return { kind: 'activity', name: resource, pattern: '' };
  return { kind: 'other', name: resource, pattern: '' };
}

/** How a target can be called. What it is called by now is among them, right or wrong. */
export function patternsOf(target: Target): Pattern[] {
  if (target.kind === 'sdk') return withOwn(ALLOWED.token, target.pattern);
  if (target.kind !== 'service') return [];
  const [service = '', action = ''] = target.name.split(':');
  const calls = KNOWN[service]?.[action];
  return withOwn(calls ? ALLOWED[calls] : [''], target.pattern);
}

const withOwn = (patterns: Pattern[], own: Pattern): Pattern[] => (patterns.includes(own) ? patterns : [...patterns, own]);

/** The same resource, called in another way. */
export function withPattern(resource: string, pattern: Pattern): string {
  return resource.replace(/(\.sync:2|\.sync|\.waitForTaskToken)?$/, '') + pattern;
}

const value = (name: string, help: string): Field => ({ name, isMain: true, help, control: { kind: 'value' } });
const extra = (name: string, help: string): Field => ({ name, help, control: { kind: 'json' } });
const json = (name: string, help: string): Field => ({ name, isMain: true, help, control: { kind: 'json' } });

interface About {
  words: string;
  /** What it is given most of all, in `Parameters` or `Arguments`. */
  given: Field[];
}

const ABOUT: Record<string, About> = {
  'lambda:invoke': {
    words: 'Calls a Lambda function. Its result is in Payload.',
    given: [value('FunctionName', 'The name or the ARN of the function.'), json('Payload', 'What the function is given.')],
  },
  'states:startExecution': {
    words: 'Starts an execution of another state machine.',
    given: [
      { name: 'StateMachineArn', words: 'State machine', isMain: true, help: 'Which state machine.', control: { kind: 'machine' } },
      json('Input', 'The input of that execution.'),
      { name: 'Name', help: 'The name of that execution; without one, it gets one of its own.', control: { kind: 'value' } },
    ],
  },
  'sqs:sendMessage': {
    words: 'Puts a message into a queue.',
    given: [value('QueueUrl', 'The address of the queue.'), json('MessageBody', 'The message; what is no text is sent as JSON.')],
  },
  'sns:publish': {
    words: 'Publishes a message to a topic.',
    given: [value('TopicArn', 'The ARN of the topic.'), json('Message', 'The message; what is no text is sent as JSON.')],
  },
  'dynamodb:getItem': {
    words: 'Reads an item. It is in Item, with the types of DynamoDB.',
    given: [value('TableName', 'The table.'), json('Key', 'The key of the item, as in {"id": {"S": "7"}}.')],
  },
  'dynamodb:putItem': {
    words: 'Writes an item.',
    given: [value('TableName', 'The table.'), json('Item', 'The item, as in {"id": {"S": "7"}}.')],
  },
  'dynamodb:updateItem': {
    words: 'Changes an item.',
    given: [
      value('TableName', 'The table.'),
      json('Key', 'The key of the item.'),
      value('UpdateExpression', 'What changes, as in SET #count = #count + :one.'),
      extra('ExpressionAttributeValues', 'The values in the expression.'),
    ],
  },
  'dynamodb:deleteItem': { words: 'Deletes an item.', given: [value('TableName', 'The table.'), json('Key', 'The key of the item.')] },
  'events:putEvents': { words: 'Sends events to an event bus.', given: [json('Entries', 'The events: EventBusName, Source, DetailType, Detail.')] },
  'http:invoke': {
    words: 'Calls an HTTP API.',
    given: [
      value('ApiEndpoint', 'The address, https only.'),
      value('Method', 'GET, POST, PUT, PATCH, DELETE, HEAD or OPTIONS.'),
      json('InvocationConfig', 'The connection, as in {"ConnectionArn": "…"}.'),
      extra('Headers', 'Headers of the request.'),
      extra('QueryParameters', 'What follows the question mark.'),
      extra('RequestBody', 'The body of the request.'),
    ],
  },
  'apigateway:invoke': {
    words: 'Calls an API of API Gateway.',
    given: [value('ApiEndpoint', 'The host of the API.'), value('Method', 'The method.'), value('Stage', 'The stage.'), value('Path', 'The path.'), extra('RequestBody', 'The body.')],
  },
  'ecs:runTask': {
    words: 'Runs a container task.',
    given: [value('Cluster', 'The cluster.'), value('TaskDefinition', 'The task definition.'), value('LaunchType', 'FARGATE, EC2 or EXTERNAL.'), extra('Overrides', 'What differs from the task definition.')],
  },
  'batch:submitJob': {
    words: 'Runs a job of AWS Batch.',
    given: [value('JobName', 'A name for the job.'), value('JobQueue', 'The queue.'), value('JobDefinition', 'The job definition.'), extra('Parameters', 'What the job is given.')],
  },
  'glue:startJobRun': { words: 'Runs a job of AWS Glue.', given: [value('JobName', 'The job.'), json('Arguments', 'What the job is given.')] },
  'athena:startQueryExecution': {
    words: 'Runs a query.',
    given: [value('QueryString', 'The query.'), value('WorkGroup', 'The work group.'), extra('ResultConfiguration', 'Where the result goes.')],
  },
  'bedrock:invokeModel': { words: 'Asks a model.', given: [value('ModelId', 'The model.'), json('Body', 'What the model is asked.')] },
};

/** What is known of a target, in words and fields. */
export function aboutOf(target: Target): About {
  const about = target.kind === 'service' ? ABOUT[target.name] : undefined;
  if (about) return about;
  const given: Field[] = [];
  switch (target.kind) {
    case 'function':
      return { words: 'Calls a Lambda function with its input. Its result is what the function gives back.', given };
    case 'activity':
      return { words: 'Waits for a worker that asks for the tasks of the activity.', given };
    case 'sdk':
      return { words: 'Calls an action of an AWS service. Names of members begin with a capital.', given };
    default:
      return { words: target.name === '' ? 'Say what does the work.' : '', given };
  }
}

/** What a callback task gives away, so that somebody can answer. */
export const tokenHint = (isJsonata: boolean): string =>
  isJsonata ? '"{% $states.context.Task.Token %}"' : '"TaskToken.$": "$$.Task.Token"';
