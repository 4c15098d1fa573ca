// Names of errors, as they are offered where somebody says which ones to retry or to catch.

/** What Lambda fails with for reasons of its own, which pass. */
export const LAMBDA_PASSING: readonly string[] = ['Lambda.ServiceException', 'Lambda.AWSLambdaException', 'Lambda.SdkClientException', 'Lambda.TooManyRequestsException'];

/** What can be retried or caught of the language's and its integrations' errors. Functions and activities have their own. */
export const ERROR_NAMES: readonly string[] = [
  'States.ALL',
  'States.TaskFailed',
  'States.Timeout',
  'States.HeartbeatTimeout',
  'States.Permissions',
  'States.DataLimitExceeded',
  'States.BranchFailed',
  'States.NoChoiceMatched',
  'States.ItemReaderFailed',
  'States.ResultWriterFailed',
  'States.ExceedToleratedFailureThreshold',
  'States.QueryEvaluationError',
  'States.ResultPathMatchFailure',
  'States.ParameterPathFailure',
  'States.IntrinsicFailure',
  'States.Http.Socket',
  'States.Http.StatusCode.429',
  'States.Http.StatusCode.503',
  ...LAMBDA_PASSING,
  'DynamoDB.ConditionalCheckFailedException',
];
