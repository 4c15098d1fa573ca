// What a Task does, in words short enough for a box of the graph.

import { isObject, type State } from './asl';

export interface Work {
  /** The service or kind, as in `Lambda`. */
  service: string;
  /** What is asked of it, as in `Invoke`; for functions and activities their name. */
  action: string;
  pattern?: 'sync' | 'callback';
}

const NAMES: Record<string, string> = {
  apigateway: 'API Gateway',
  athena: 'Athena',
  batch: 'Batch',
  bedrock: 'Bedrock',
  dynamodb: 'DynamoDB',
  ecs: 'ECS',
  eks: 'EKS',
  emr: 'EMR',
  events: 'EventBridge',
  glue: 'Glue',
  http: 'HTTP',
  lambda: 'Lambda',
  s3: 'S3',
  sagemaker: 'SageMaker',
  sns: 'SNS',
  sqs: 'SQS',
  states: 'Step Functions',
  sfn: 'Step Functions',
};

/** Reads a Task's resource; functions that are called by their ARN, too. */
export function workOf(state: State): Work | undefined {
  const resource = state.Resource;
  if (typeof resource !== 'string') return undefined;
  const parts = resource.split(':');
  if (parts[2] === 'lambda') return { service: 'Lambda', action: parts[6] ?? resource };
  if (parts[2] === 'states' && parts[5] === 'activity') return { service: 'Activity', action: parts[6] ?? '' };
  if (parts[2] !== 'states' || parts.length < 6) return { service: 'Task', action: resource };
  // `.sync:2` is the one suffix with a colon in it.
  const tail = resource.replace(/\.sync:2$/, '.sync').split(':').slice(5);
  const last = tail.at(-1) ?? '';
  const [action = '', suffix = ''] = split(last);
  const pattern = suffix.startsWith('sync') ? 'sync' : suffix === 'waitForTaskToken' ? 'callback' : undefined;
  const service = tail[0] === 'aws-sdk' ? (tail[1] ?? '') : (tail[0] ?? '');
  const target = service === 'lambda' ? functionOf(state) : undefined;
  return { service: NAMES[service] ?? capital(service), action: target ?? capital(action), pattern };
}

function split(text: string): [string, string] {
  const dot = text.indexOf('.');
  return dot < 0 ? [text, ''] : [text.slice(0, dot), text.slice(dot + 1)];
}

function functionOf(state: State): string | undefined {
  const given = isObject(state.Arguments) ? state.Arguments : state.Parameters;
  const name = isObject(given) && 'FunctionName' in given ? given.FunctionName : undefined;
  if (typeof name !== 'string' || name.startsWith('{%')) return undefined;
  const parts = name.split(':');
  return parts.length > 6 ? parts[6] : parts[0];
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
