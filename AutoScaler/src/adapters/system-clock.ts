import { randomBytes } from "node:crypto";
import type { Clock, Nonce } from "../ports";

/** The machine's clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: (milliseconds) =>
    new Promise((resolve) => {
      setTimeout(resolve, milliseconds);
    }),
};

/** Returns 256 random bits in hexadecimal. */
export const randomNonce: Nonce = () => randomBytes(32).toString("hex");
