import type { Context } from "../context";
import { Stopped } from "../verify/verify-context";

/**
 * Does work that Ctrl-C and SIGTERM stop: a program that runs is ended, and what waits, waits no more.
 *
 * @param work gets the context in which that holds
 * @throws Stopped
 */
export const stoppable = async <Value>(
  context: Context,
  work: (context: Context) => Promise<Value>,
): Promise<Value> => {
  const { signal, abort } = abortable();
  const throwIfStopped = (): void => {
    if (signal.aborted) throw new Stopped("Stopped");
  };
  const forget = context.onInterrupt(abort);
  try {
    return await work({
      ...context,
      sleep: async (milliseconds) => {
        throwIfStopped();
        await context.sleep(milliseconds);
        throwIfStopped();
      },
      runProgram: async (call) => {
        const result = await context.runProgram({ ...call, signal });
        throwIfStopped();
        return result;
      },
    });
  } finally {
    forget();
  }
};

const abortable = (): { readonly signal: AbortSignal; readonly abort: () => void } => {
  const controller = new AbortController();
  return { signal: controller.signal, abort: () => controller.abort() };
};
