// The catalog: states and integrations that can be put into a workflow, each with what it needs at least.

import type { Definition, State } from '../definition/asl';
import { LAMBDA_PASSING } from './error-names';

export interface CatalogItem {
  id: string;
  group: string;
  title: string;
  /** What it does, in a few words. */
  about: string;
  /** The name that the state begins with. */
  name: string;
  /** For a definition, whose names are taken. */
  make: (isJsonata: boolean, definition?: Definition) => State;
  /** The Resource of a Task. */
  resource?: string;
}

/** Values that are written differently in the two query languages. */
class Query {
  constructor(
    readonly path: string,
    readonly expression: string,
  ) {}
}

const INPUT = new Query('$', '$states.input');
const TOKEN = new Query('$$.Task.Token', '$states.context.Task.Token');
const EXECUTION = new Query('$$.Execution.Id', '$states.context.Execution.Id');
const field = (name: string): Query => new Query(`$.${name}`, `$states.input.${name}`);

/** In JSONPath a member that is looked up says so by its name. */
function written(value: unknown, isJsonata: boolean): unknown {
  if (value instanceof Query) return isJsonata ? `{% ${value.expression} %}` : value.path;
  if (Array.isArray(value)) return value.map((item) => written(item, isJsonata));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [member instanceof Query && !isJsonata ? `${name}.$` : name, written(member, isJsonata)]),
  );
}

function flow(title: string, about: string, make: (isJsonata: boolean) => State): CatalogItem {
  return { id: title, group: 'Flow', title, about, name: title, make };
}

function task(group: string, title: string, action: string, about: string, parameters: object, rest: Partial<State> = {}): CatalogItem {
  const resource = `arn:aws:states:::${action}`;
  const make = (isJsonata: boolean): State => ({
    Type: 'Task',
    Resource: resource,
    [isJsonata ? 'Arguments' : 'Parameters']: written(parameters, isJsonata),
    ...rest,
  });
  return { id: action, group, title, about, name: title, make, resource };
}

const FUNCTION = 'arn:aws:lambda:us-east-1:000000000000:function:my-function';
const MACHINE = 'arn:aws:states:us-east-1:000000000000:stateMachine:my-workflow';
const QUEUE = 'https://sqs.us-east-1.amazonaws.com/000000000000/my-queue';
const TOPIC = 'arn:aws:sns:us-east-1:000000000000:my-topic';
const TASK_DEFINITION = { Cluster: 'my-cluster', TaskDefinition: 'my-task', LaunchType: 'FARGATE' };

export const CATALOG: readonly CatalogItem[] = [
  flow('Pass', 'Gives its input on, or a value of your own', () => ({ Type: 'Pass' })),
  flow('Choice', 'Goes on one way or another', (isJsonata) => ({
    Type: 'Choice',
    Choices: [isJsonata ? { Condition: '{% $exists($states.input.value) %}' } : { Variable: '$.value', IsPresent: true }],
  })),
  flow('Wait', 'Waits for a while, or until a moment', () => ({ Type: 'Wait', Seconds: 5 })),
  flow('Parallel', 'Does several things at once', () => ({ Type: 'Parallel', Branches: [{ States: {} }, { States: {} }] })),
  flow('Map', 'Does the same with each item', () => ({ Type: 'Map', ItemProcessor: { ProcessorConfig: { Mode: 'INLINE' }, States: {} } })),
  flow('Distributed Map', 'Each item in an execution of its own, thousands at once', () => ({
    Type: 'Map',
    ItemProcessor: { ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' }, States: {} },
    MaxConcurrency: 1000,
  })),
  flow('Succeed', 'Ends well', () => ({ Type: 'Succeed' })),
  flow('Fail', 'Ends with an error', () => ({ Type: 'Fail', Error: 'Failed', Cause: 'What went wrong' })),

  task('Lambda', 'Invoke Lambda function', 'lambda:invoke', 'Calls a function and waits for its result', { FunctionName: FUNCTION, Payload: INPUT }, {
    Retry: [
      {
        ErrorEquals: [...LAMBDA_PASSING],
        IntervalSeconds: 1,
        MaxAttempts: 3,
        BackoffRate: 2,
        JitterStrategy: 'FULL',
      },
    ],
  }),
  task('Lambda', 'Invoke function, wait for callback', 'lambda:invoke.waitForTaskToken', 'Waits until somebody answers with the token', {
    FunctionName: FUNCTION,
    Payload: { input: INPUT, token: TOKEN },
  }),

  task('Step Functions', 'Run workflow', 'states:startExecution.sync:2', 'Starts an execution and waits for its end', {
    StateMachineArn: MACHINE,
    Input: { input: INPUT, AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID: EXECUTION },
  }),
  task('Step Functions', 'Start workflow', 'states:startExecution', 'Starts an execution and goes on', {
    StateMachineArn: MACHINE,
    Input: { input: INPUT, AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID: EXECUTION },
  }),
  {
    id: 'activity',
    group: 'Step Functions',
    title: 'Activity',
    about: 'Is done by a worker that asks for tasks',
    name: 'Activity',
    make: () => ({ Type: 'Task', Resource: 'arn:aws:states:us-east-1:000000000000:activity:my-activity', HeartbeatSeconds: 60, TimeoutSeconds: 3600 }),
    resource: 'arn:aws:states:us-east-1:000000000000:activity:my-activity',
  },
  task('HTTP', 'Call HTTP API', 'http:invoke', 'Calls an API through an EventBridge connection', {
    ApiEndpoint: 'https://api.example.com/orders',
    Method: 'GET',
    Authentication: { ConnectionArn: 'arn:aws:events:us-east-1:000000000000:connection/my-connection' },
  }),

  task('SQS', 'Send SQS message', 'sqs:sendMessage', 'Puts a message into a queue', { QueueUrl: QUEUE, MessageBody: INPUT }),
  task('SQS', 'Send SQS message, wait for callback', 'sqs:sendMessage.waitForTaskToken', 'Waits until somebody answers with the token', {
    QueueUrl: QUEUE,
    MessageBody: { input: INPUT, token: TOKEN },
  }),
  task('SNS', 'Publish to SNS', 'sns:publish', 'Tells the subscribers of a topic', { TopicArn: TOPIC, Message: INPUT }),
  task('SNS', 'Publish to SNS, wait for callback', 'sns:publish.waitForTaskToken', 'Waits until somebody answers with the token', {
    TopicArn: TOPIC,
    Message: { input: INPUT, token: TOKEN },
  }),
  task('EventBridge', 'Put events', 'events:putEvents', 'Puts an event on a bus', {
    Entries: [{ EventBusName: 'default', Source: 'my.workflow', DetailType: 'Done', Detail: INPUT }],
  }),

  task('DynamoDB', 'Get item', 'dynamodb:getItem', 'Reads an item of a table', { TableName: 'my-table', Key: { id: { S: field('id') } } }),
  task('DynamoDB', 'Put item', 'dynamodb:putItem', 'Writes an item into a table', { TableName: 'my-table', Item: { id: { S: field('id') } } }),
  task('DynamoDB', 'Update item', 'dynamodb:updateItem', 'Changes an item of a table', {
    TableName: 'my-table',
    Key: { id: { S: field('id') } },
    UpdateExpression: 'SET #done = :done',
    ExpressionAttributeNames: { '#done': 'done' },
    ExpressionAttributeValues: { ':done': { BOOL: true } },
  }),
  task('DynamoDB', 'Delete item', 'dynamodb:deleteItem', 'Takes an item out of a table', { TableName: 'my-table', Key: { id: { S: field('id') } } }),
  task('DynamoDB', 'Query table', 'aws-sdk:dynamodb:query', 'Finds items of a table', {
    TableName: 'my-table',
    KeyConditionExpression: 'id = :id',
    ExpressionAttributeValues: { ':id': { S: field('id') } },
  }),

  task('S3', 'Get object', 'aws-sdk:s3:getObject', 'Reads an object', { Bucket: 'my-bucket', Key: field('key') }),
  task('S3', 'Put object', 'aws-sdk:s3:putObject', 'Writes an object', { Bucket: 'my-bucket', Key: field('key'), Body: INPUT }),
  task('S3', 'List objects', 'aws-sdk:s3:listObjectsV2', 'Lists a bucket', { Bucket: 'my-bucket', Prefix: 'orders/' }),

  task('ECS', 'Run task', 'ecs:runTask.sync', 'Runs containers and waits for their end', TASK_DEFINITION),
  task('ECS', 'Start task', 'ecs:runTask', 'Starts containers and goes on', TASK_DEFINITION),
  task('Batch', 'Run job', 'batch:submitJob.sync', 'Submits a job and waits for its end', { JobName: 'my-job', JobQueue: 'my-queue', JobDefinition: 'my-job-definition' }),
  task('Glue', 'Run Glue job', 'glue:startJobRun.sync', 'Runs a job and waits for its end', { JobName: 'my-job' }),
  task('Athena', 'Run query', 'athena:startQueryExecution.sync', 'Runs a query and waits for its end', {
    QueryString: 'SELECT 1',
    WorkGroup: 'primary',
    ResultConfiguration: { OutputLocation: 's3://my-bucket/results/' },
  }),
  task('Athena', 'Get query results', 'athena:getQueryResults', 'Reads what a query found', { QueryExecutionId: field('QueryExecutionId') }),
  task('EMR', 'Add step', 'elasticmapreduce:addStep.sync', 'Adds a step to a cluster and waits for its end', {
    ClusterId: 'j-MYCLUSTER',
    Step: { Name: 'my-step', ActionOnFailure: 'CONTINUE', HadoopJarStep: { Jar: 'command-runner.jar', Args: ['spark-submit', 's3://my-bucket/job.py'] } },
  }),
  task('EMR', 'Run serverless job', 'emr-serverless:startJobRun.sync', 'Runs a job and waits for its end', {
    ApplicationId: 'my-application',
    ExecutionRoleArn: 'arn:aws:iam::000000000000:role/my-role',
    JobDriver: { SparkSubmit: { EntryPoint: 's3://my-bucket/job.py' } },
  }),
  task('SageMaker', 'Train model', 'sagemaker:createTrainingJob.sync', 'Trains a model and waits for its end', {
    TrainingJobName: 'my-training',
    RoleArn: 'arn:aws:iam::000000000000:role/my-role',
    AlgorithmSpecification: { TrainingImage: 'my-image', TrainingInputMode: 'File' },
    OutputDataConfig: { S3OutputPath: 's3://my-bucket/models/' },
    ResourceConfig: { InstanceCount: 1, InstanceType: 'ml.m5.large', VolumeSizeInGB: 10 },
    StoppingCondition: { MaxRuntimeInSeconds: 3600 },
  }),
  task('Bedrock', 'Invoke model', 'bedrock:invokeModel', 'Asks a model', {
    ModelId: 'amazon.nova-lite-v1:0',
    Body: { messages: [{ role: 'user', content: [{ text: field('prompt') }] }] },
  }),
  task('CodeBuild', 'Start build', 'codebuild:startBuild.sync', 'Builds a project and waits for its end', { ProjectName: 'my-project' }),
  task('API Gateway', 'Call API Gateway', 'apigateway:invoke', 'Calls an API of API Gateway', {
    ApiEndpoint: 'abc123.execute-api.us-east-1.amazonaws.com',
    Method: 'GET',
    Stage: 'prod',
    Path: '/orders',
    AuthType: 'IAM_ROLE',
  }),
  task('Kinesis', 'Put record', 'aws-sdk:kinesis:putRecord', 'Puts a record into a stream', { StreamName: 'my-stream', PartitionKey: field('id'), Data: INPUT }),
  task('Secrets Manager', 'Get secret value', 'aws-sdk:secretsmanager:getSecretValue', 'Reads a secret', { SecretId: 'my-secret' }),
  task('Systems Manager', 'Get parameter', 'aws-sdk:ssm:getParameter', 'Reads a parameter', { Name: '/my/parameter', WithDecryption: true }),
  task('EventBridge', 'Create schedule', 'aws-sdk:scheduler:createSchedule', 'Has something done later', {
    Name: 'my-schedule',
    ScheduleExpression: 'rate(1 day)',
    FlexibleTimeWindow: { Mode: 'OFF' },
    Target: { Arn: MACHINE, RoleArn: 'arn:aws:iam::000000000000:role/my-role' },
  }),
];

/** `s3:copyObject`, with or without what stands before it in an ARN. */
const CALL = /^(?:arn:aws:states:::)?(?:aws-sdk:)?([a-z0-9]+):([a-zA-Z][a-zA-Z0-9]*(?:\.waitForTaskToken)?)$/;

/** What fits the words; any call of an AWS SDK where it is written as `service:action`. */
export function searchCatalog(query: string): CatalogItem[] {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  const found = CATALOG.filter((item) => {
    const text = `${item.group} ${item.title} ${item.about} ${item.id}`.toLowerCase();
    return words.every((word) => text.includes(word));
  });
  // What begins with the words comes first.
  const first = (item: CatalogItem): number => (words[0] && item.title.toLowerCase().startsWith(words[0]) ? 0 : words[0] && item.group.toLowerCase().startsWith(words[0]) ? 1 : 2);
  if (words.length > 0) found.sort((one, other) => first(one) - first(other));
  const [, service, action] = CALL.exec(query.trim()) ?? [];
  if (!service || !action || found.some(({ id }) => id === `aws-sdk:${service}:${action}`)) return found;
  const camel = action.charAt(0).toLowerCase() + action.slice(1);
  return [...found, task('AWS SDK', `${service}:${camel}`, `aws-sdk:${service}:${camel}`, 'Any call of an AWS service', {})];
}
