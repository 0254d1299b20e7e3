import { safe } from "../../Core/safe-text";
import type { Context } from "../context";

const EXPECTED = ["UsageError", "ConfigurationError"];

/**
 * Asks until the answer can be used, and says each time what is wrong with it.
 *
 * @param use makes something of the answer; throws UsageError or ConfigurationError
 */
export const askUntil = async <Value>(
  { console }: Context,
  ask: () => Promise<string>,
  use: (answer: string) => Value | Promise<Value>,
): Promise<Value> => {
  for (;;) {
    const answer = (await ask()).trim();
    try {
      return await use(answer);
    } catch (error) {
      if (!(error instanceof Error) || !EXPECTED.includes(error.name)) throw error;
      console.err(`${console.colours.red("That will not do:")} ${safe(error.message)}`);
    }
  }
};
