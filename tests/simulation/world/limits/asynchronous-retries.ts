/**
 * Pause before Lambda tries a throttled asynchronous event again, in milliseconds: from one second, doubled each time, to
 * five minutes. https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
 *
 * @param tries how often it was refused, from 1
 */
export const pauseAfterRefusal = (tries: number): number => Math.min(300_000, 1_000 * 2 ** (tries - 1));
