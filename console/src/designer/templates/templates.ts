// Templates: workflows to start from. What needs nothing but the server runs as it is; the others say what they need.

import type { MachineType } from '../../api/types';
import type { Definition } from '../../definition/asl';

export interface Template {
  id: string;
  name: string;
  /** What it shows, in a sentence or two. */
  about: string;
  topics: readonly string[];
  type: MachineType;
  /** What must be there before it runs to its end; nothing where the server is enough. */
  needs?: string;
  definition: Definition;
  /** An input to try it with. */
  input: unknown;
}

const NEEDS_FUNCTIONS = 'Lambda functions: local ones, or those of an endpoint';

export const TEMPLATES: readonly Template[] = [
  {
    id: 'empty',
    name: 'One step',
    about: 'A single state, to build on.',
    topics: ['Pass'],
    type: 'STANDARD',
    input: {},
    definition: {
      Comment: 'Says hello',
      StartAt: 'Hello',
      States: { Hello: { Type: 'Pass', Result: { greeting: 'Hello, world' }, End: true } },
    },
  },
  {
    id: 'routing',
    name: 'Choose a way',
    about: 'Rules look at the input and send it one way or another; what no rule means goes the default way.',
    topics: ['Choice', 'rules', 'default'],
    type: 'STANDARD',
    input: { order: { total: 240, country: 'PT' } },
    definition: {
      Comment: 'Sends an order the way that its total and its country ask for',
      StartAt: 'How large is it?',
      States: {
        'How large is it?': {
          Type: 'Choice',
          Choices: [
            { Variable: '$.order.total', IsPresent: false, Next: 'Refuse' },
            {
              And: [
                { Variable: '$.order.total', NumericGreaterThan: 100 },
                { Not: { Variable: '$.order.country', StringEquals: 'DE' } },
              ],
              Next: 'Look at it by hand',
            },
          ],
          Default: 'Ship it',
        },
        'Look at it by hand': { Type: 'Pass', Result: 'by hand', ResultPath: '$.way', Next: 'Ship it' },
        'Ship it': { Type: 'Pass', Result: true, ResultPath: '$.shipped', End: true },
        Refuse: { Type: 'Fail', Error: 'OrderIncomplete', Cause: 'The order has no total.' },
      },
    },
  },
  {
    id: 'parallel',
    name: 'Several things at once',
    about: 'Branches run at the same time, each on the same input. Their outputs are joined when all have ended.',
    topics: ['Parallel', 'branches', 'join'],
    type: 'STANDARD',
    input: { customer: 'Ada' },
    definition: {
      Comment: 'Looks up two things at the same time and joins what is found',
      QueryLanguage: 'JSONata',
      StartAt: 'Look up both',
      States: {
        'Look up both': {
          Type: 'Parallel',
          Branches: [
            {
              StartAt: 'Find the address',
              States: { 'Find the address': { Type: 'Pass', Output: { address: "{% $states.input.customer & ', Lisbon' %}" }, End: true } },
            },
            {
              StartAt: 'Ask for the balance',
              States: {
                'Ask for the balance': { Type: 'Wait', Seconds: 1, Next: 'Read the balance' },
                'Read the balance': { Type: 'Pass', Output: { balance: 42 }, End: true },
              },
            },
          ],
          Output: '{% $merge($states.result) %}',
          End: true,
        },
      },
    },
  },
  {
    id: 'fan-out',
    name: 'For each item',
    about: 'A Map does the same with every item of an array, some at a time, and gives an array of the results.',
    topics: ['Map', 'fan-out', 'array', 'concurrency'],
    type: 'STANDARD',
    input: { lines: [{ sku: 'a', price: 3, count: 2 }, { sku: 'b', price: 10, count: 1 }] },
    definition: {
      Comment: 'Works out every line of an order, then their sum',
      QueryLanguage: 'JSONata',
      StartAt: 'Each line',
      States: {
        'Each line': {
          Type: 'Map',
          Items: '{% $states.input.lines %}',
          MaxConcurrency: 5,
          ItemProcessor: {
            ProcessorConfig: { Mode: 'INLINE' },
            StartAt: 'Work it out',
            States: {
              'Work it out': {
                Type: 'Pass',
                Output: { sku: '{% $states.input.sku %}', amount: '{% $states.input.price * $states.input.count %}' },
                End: true,
              },
            },
          },
          Next: 'Add them up',
        },
        'Add them up': { Type: 'Pass', Output: { lines: '{% $states.input %}', total: '{% $sum($states.input.amount) %}' }, End: true },
      },
    },
  },
  {
    id: 'retry',
    name: 'Try again, then recover',
    about: 'A task is tried again with growing delays when the service is busy; any other failure, or one too many, is caught.',
    topics: ['Task', 'Retry', 'Catch', 'back-off', 'Lambda', 'errors'],
    type: 'STANDARD',
    needs: NEEDS_FUNCTIONS,
    input: { card: 'visa', amount: 12 },
    definition: {
      Comment: 'Charges a card; tries again while the service is busy',
      StartAt: 'Charge the card',
      States: {
        'Charge the card': {
          Type: 'Task',
          Resource: 'arn:aws:states:::lambda:invoke',
          Parameters: { FunctionName: 'charge-card', 'Payload.$': '$' },
          ResultSelector: { 'receipt.$': '$.Payload' },
          ResultPath: '$.charge',
          TimeoutSeconds: 30,
          Retry: [
            {
              ErrorEquals: ['Lambda.TooManyRequestsException', 'Lambda.ServiceException', 'States.Timeout'],
              IntervalSeconds: 1,
              MaxAttempts: 4,
              BackoffRate: 2,
              MaxDelaySeconds: 20,
              JitterStrategy: 'FULL',
            },
          ],
          Catch: [
            { ErrorEquals: ['CardDeclined'], ResultPath: '$.error', Next: 'Tell the customer' },
            { ErrorEquals: ['States.ALL'], ResultPath: '$.error', Next: 'Put it aside' },
          ],
          Next: 'Paid',
        },
        Paid: { Type: 'Succeed' },
        'Tell the customer': { Type: 'Pass', Result: 'Another card, please', ResultPath: '$.message', End: true },
        'Put it aside': { Type: 'Pass', Result: 'We look into it', ResultPath: '$.message', End: true },
      },
    },
  },
  {
    id: 'saga',
    name: 'Undo what was done',
    about: 'A saga: when a later step fails, what the steps before it did is undone, the last one first.',
    topics: ['saga', 'compensation', 'Catch', 'Lambda', 'transaction'],
    type: 'STANDARD',
    needs: NEEDS_FUNCTIONS,
    input: { trip: 'Lisbon', days: 3 },
    definition: {
      Comment: 'Books a trip as a whole or not at all',
      StartAt: 'Book the hotel',
      States: {
        'Book the hotel': booking('book-hotel', 'hotel', 'Nothing is booked', 'Book the flight'),
        'Book the flight': booking('book-flight', 'flight', 'Cancel the hotel', 'Book the car'),
        'Book the car': booking('book-car', 'car', 'Cancel the flight', 'All booked'),
        'All booked': { Type: 'Succeed' },
        'Cancel the flight': cancelling('cancel-flight', 'Cancel the hotel'),
        'Cancel the hotel': cancelling('cancel-hotel', 'Nothing is booked'),
        'Nothing is booked': { Type: 'Fail', ErrorPath: '$.failure.Error', CausePath: '$.failure.Cause' },
      },
    },
  },
  {
    id: 'approval',
    name: 'Somebody decides',
    about: 'A message with the token of the task goes to a queue. The workflow waits until the token comes back, or a day has passed.',
    topics: ['callback', 'task token', 'approval', 'SQS', 'timeout', 'human'],
    type: 'STANDARD',
    needs: 'an SQS queue, and somebody who answers: the page of the execution can',
    input: { request: 'A new chair', cost: 340 },
    definition: {
      Comment: 'Asks somebody, and waits for the answer',
      StartAt: 'Ask',
      States: {
        Ask: {
          Type: 'Task',
          Resource: 'arn:aws:states:::sqs:sendMessage.waitForTaskToken',
          Parameters: {
            QueueUrl: 'http://127.0.0.1:5000/000000000000/approvals',
            MessageBody: { 'request.$': '$.request', 'cost.$': '$.cost', 'token.$': '$$.Task.Token' },
          },
          TimeoutSeconds: 86_400,
          ResultPath: '$.answer',
          Catch: [{ ErrorEquals: ['States.Timeout'], ResultPath: '$.answer', Next: 'Nobody answered' }],
          Next: 'Approved?',
        },
        'Approved?': { Type: 'Choice', Choices: [{ Variable: '$.answer.approved', BooleanEquals: true, Next: 'Order it' }], Default: 'Refused' },
        'Order it': { Type: 'Pass', Result: true, ResultPath: '$.ordered', End: true },
        Refused: { Type: 'Pass', Result: false, ResultPath: '$.ordered', End: true },
        'Nobody answered': { Type: 'Fail', Error: 'NoAnswer', Cause: 'Nobody answered within a day.' },
      },
    },
  },
  {
    id: 'polling',
    name: 'Ask until it is done',
    about: 'Starts something that takes its time, then asks again and again how it is doing, and gives up after a while. Variables count.',
    topics: ['polling', 'Wait', 'loop', 'job', 'variables', 'Assign'],
    type: 'STANDARD',
    input: { report: 'november' },
    definition: {
      Comment: 'Starts a job and asks how it is doing until it is done. The job is only played here: put your own calls in place of the Pass states',
      QueryLanguage: 'JSONata',
      StartAt: 'Start the job',
      States: {
        'Start the job': { Type: 'Pass', Assign: { job: "{% 'job-' & $states.input.report %}", asked: 0 }, Next: 'Wait a moment' },
        'Wait a moment': { Type: 'Wait', Seconds: 1, Next: 'How is it doing?' },
        'How is it doing?': {
          Type: 'Pass',
          Output: { status: "{% $asked < 2 ? 'RUNNING' : 'DONE' %}" },
          Assign: { asked: '{% $asked + 1 %}' },
          Next: 'Is it done?',
        },
        'Is it done?': {
          Type: 'Choice',
          Choices: [
            { Condition: "{% $states.input.status = 'DONE' %}", Output: { job: '{% $job %}', asked: '{% $asked %}' }, Next: 'Done' },
            { Condition: '{% $asked >= 10 %}', Next: 'Too slow' },
          ],
          Default: 'Wait a moment',
        },
        Done: { Type: 'Succeed' },
        'Too slow': { Type: 'Fail', Error: 'TooSlow', Cause: "{% 'asked ' & $string($asked) & ' times' %}" },
      },
    },
  },
  {
    id: 'express-api',
    name: 'Answer a request',
    about: 'An Express workflow behind an API: it checks what it is given, works it out, and answers within milliseconds. Call it with StartSyncExecution.',
    topics: ['Express', 'API', 'StartSyncExecution', 'validation'],
    type: 'EXPRESS',
    input: { items: [{ price: 20, count: 2 }], coupon: 'TEN' },
    definition: {
      Comment: 'Works out the price of a basket',
      QueryLanguage: 'JSONata',
      StartAt: 'Is it complete?',
      States: {
        'Is it complete?': {
          Type: 'Choice',
          Choices: [{ Condition: '{% $exists($states.input.items) and $count($states.input.items) > 0 %}', Next: 'Work out the price' }],
          Default: 'Refuse',
        },
        'Work out the price': {
          Type: 'Pass',
          Assign: { total: '{% $sum($states.input.items.(price * count)) %}' },
          Next: 'Answer',
        },
        Answer: {
          Type: 'Pass',
          Output: { statusCode: 200, total: "{% $states.input.coupon = 'TEN' ? $total * 0.9 : $total %}" },
          End: true,
        },
        Refuse: { Type: 'Pass', Output: { statusCode: 400, message: 'The basket is empty.' }, End: true },
      },
    },
  },
  {
    id: 'distributed',
    name: 'Many child executions',
    about: 'A Distributed Map gives batches of items to executions of their own, and tolerates that some of them fail.',
    topics: ['Distributed Map', 'Map Run', 'batches', 'scale'],
    type: 'STANDARD',
    input: { numbers: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10] },
    definition: {
      Comment: 'Adds up batches of numbers, each in an execution of its own',
      QueryLanguage: 'JSONata',
      StartAt: 'Each batch',
      States: {
        'Each batch': {
          Type: 'Map',
          Label: 'Batch',
          Items: '{% $states.input.numbers %}',
          ItemBatcher: { MaxItemsPerBatch: 4 },
          MaxConcurrency: 10,
          ToleratedFailurePercentage: 25,
          ItemProcessor: {
            ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'EXPRESS' },
            StartAt: 'Add up a batch',
            States: { 'Add up a batch': { Type: 'Pass', Output: { sum: '{% $sum($states.input.Items) %}' }, End: true } },
          },
          Next: 'Add up all',
        },
        'Add up all': { Type: 'Pass', Output: { batches: '{% $count($states.input) %}', sum: '{% $sum($states.input.sum) %}' }, End: true },
      },
    },
  },
  {
    id: 'nested',
    name: 'A workflow of workflows',
    about: 'Starts another state machine, waits until it has ended, and goes on with its output.',
    topics: ['nested', 'startExecution', '.sync:2'],
    type: 'STANDARD',
    needs: 'another state machine',
    input: { order: 7 },
    definition: {
      Comment: 'Leaves a part of the work to another state machine',
      StartAt: 'Run the other one',
      States: {
        'Run the other one': {
          Type: 'Task',
          Resource: 'arn:aws:states:::states:startExecution.sync:2',
          Parameters: {
            StateMachineArn: 'arn:aws:states:us-east-1:000000000000:stateMachine:other',
            Input: { 'order.$': '$.order', 'AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID.$': '$$.Execution.Id' },
          },
          ResultSelector: { 'output.$': '$.Output' },
          ResultPath: '$.other',
          Catch: [{ ErrorEquals: ['States.TaskFailed'], ResultPath: '$.error', Next: 'It failed' }],
          Next: 'It succeeded',
        },
        'It succeeded': { Type: 'Succeed' },
        'It failed': { Type: 'Fail', ErrorPath: '$.error.Error', CausePath: '$.error.Cause' },
      },
    },
  },
  {
    id: 'http',
    name: 'Call an HTTP API',
    about: 'Asks an API for something, tries again when it is busy, and goes another way when what was asked for is not there.',
    topics: ['HTTP', 'API', 'Retry', 'Catch', 'connection'],
    type: 'STANDARD',
    needs: 'an HTTPS API, and a connection for it',
    input: { id: 17 },
    definition: {
      Comment: 'Reads a record of an API',
      QueryLanguage: 'JSONata',
      StartAt: 'Read the record',
      States: {
        'Read the record': {
          Type: 'Task',
          Resource: 'arn:aws:states:::http:invoke',
          Arguments: {
            ApiEndpoint: "{% 'https://api.example.com/records/' & $string($states.input.id) %}",
            Method: 'GET',
            InvocationConfig: { ConnectionArn: 'arn:aws:events:us-east-1:000000000000:connection/example/00000000-0000-0000-0000-000000000000' },
            Headers: { Accept: 'application/json' },
          },
          Output: '{% $states.result.ResponseBody %}',
          Retry: [
            { ErrorEquals: ['States.Http.StatusCode.429', 'States.Http.StatusCode.503'], IntervalSeconds: 2, MaxAttempts: 5, BackoffRate: 2, JitterStrategy: 'FULL' },
          ],
          Catch: [{ ErrorEquals: ['States.Http.StatusCode.404'], Next: 'There is none' }],
          Next: 'Use it',
        },
        'Use it': { Type: 'Pass', End: true },
        'There is none': { Type: 'Pass', Output: null, End: true },
      },
    },
  },
];

/** A step of the saga: what fails is kept, for the end to tell. */
function booking(FunctionName: string, what: string, undo: string, Next: string): NonNullable<Definition['States']>[string] {
  return {
    Type: 'Task',
    Resource: 'arn:aws:states:::lambda:invoke',
    Parameters: { FunctionName, 'Payload.$': '$' },
    ResultSelector: { 'id.$': '$.Payload.id' },
    ResultPath: `$.${what}`,
    Catch: [{ ErrorEquals: ['States.ALL'], ResultPath: '$.failure', Next: undo }],
    Next,
  };
}

/** What must be undone is tried for long. */
function cancelling(FunctionName: string, Next: string): NonNullable<Definition['States']>[string] {
  return {
    Type: 'Task',
    Resource: 'arn:aws:states:::lambda:invoke',
    Parameters: { FunctionName, 'Payload.$': '$' },
    ResultPath: null,
    Retry: [{ ErrorEquals: ['States.ALL'], IntervalSeconds: 5, MaxAttempts: 10, BackoffRate: 2, MaxDelaySeconds: 600 }],
    Next,
  };
}

/** The templates whose words have all the words looked for. */
export function found(templates: readonly Template[], looked: string): Template[] {
  const words = looked.toLowerCase().split(/\s+/).filter((word) => word !== '');
  return templates.filter(({ name, about, topics, type, needs = '' }) => {
    const text = [name, about, ...topics, type, needs].join(' ').toLowerCase();
    return words.every((word) => text.includes(word));
  });
}
