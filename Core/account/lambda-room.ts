/** What our own functions need beside the runners at the least, and at the most. */
const MIN_SPARE = 5;
const MAX_SPARE = 100;

/**
 * How many Lambda runners there may be at a time in an account, so that the functions of the control plane find room
 * beside them: at ten concurrent executions, which new accounts have, five; at 1,000 there may be 900. None can be
 * reserved for the control plane in a new account: Lambda keeps ten unreserved.
 * https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html
 *
 * @param concurrency the account's concurrent executions of all functions
 */
export const lambdaRunnersAt = (concurrency: number): number => {
  const spare = Math.max(MIN_SPARE, Math.min(MAX_SPARE, Math.ceil(concurrency / 2)));
  return Math.max(1, concurrency - spare);
};
