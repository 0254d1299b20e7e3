import { TransientError } from "../../Core/errors";
import type { Context } from "../context";

/** A piece of work that Ctrl-C ends, so that what it made can be cleared away. */
export interface Interruptible {
  /** @throws TransientError once the work was interrupted */
  sleep(milliseconds: number): Promise<void>;
  forget(): void;
}

export const interruptible = (context: Pick<Context, "onInterrupt" | "sleep">): Interruptible => {
  let interrupt: () => void = () => undefined;
  const interrupted = new Promise<"interrupted">((resolve) => {
    interrupt = () => resolve("interrupted");
  });
  const forget = context.onInterrupt(interrupt);
  return {
    forget,
    sleep: async (milliseconds) => {
      const first = await Promise.race([interrupted, context.sleep(milliseconds)]);
      if (first === "interrupted") throw new TransientError("Stopped: no image was made");
    },
  };
};
