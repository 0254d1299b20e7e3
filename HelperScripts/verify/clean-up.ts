import { safe } from "../../Core/safe-text";
import type { VerifyContext } from "./verify-context";

/**
 * Takes away all that a run made, each whatever becomes of the others.
 *
 * @returns whether nothing is left
 */
export const cleanUp = async ({ context, pipeline, webhooks }: VerifyContext): Promise<boolean> => {
  const steps: readonly (() => Promise<void>)[] = [
    ...(webhooks.kind === "own" ? [() => webhooks.on()] : []),
    () => pipeline.remove(),
  ];
  let isClean = true;
  for (const step of steps) {
    try {
      await step();
    } catch (error) {
      isClean = false;
      context.console.err(`Left behind: ${safe(error instanceof Error ? error.message : "unknown error")}`);
    }
  }
  return isClean;
};
