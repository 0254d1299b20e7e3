import { confirm, input, password } from "@inquirer/prompts";
import picocolors from "picocolors";
import { safe, safeColoured } from "../../Core/safe-text";
import type { Console } from "./console";
import { isUnicode } from "./locale";

const ERASE_LINE = "\r\u001b[2K";

/** The real terminal. Prompts go to stderr, so that a result on stdout stays clean. What a command did not make safe itself is here. */
export const terminal = (): Console => {
  const prompt = { output: process.stderr };
  return {
    out: (text) => process.stdout.write(`${safeColoured(text)}\n`),
    err: (text) => process.stderr.write(`${safeColoured(text)}\n`),
    replaceLine: (text) => process.stderr.write(`${ERASE_LINE}${safeColoured(text)}`),
    isTerminal: process.stderr.isTTY === true,
    isInteractive: process.stdin.isTTY === true && process.stderr.isTTY === true,
    colours: picocolors.createColors(picocolors.isColorSupported && process.stdout.isTTY === true),
    // What another program reads has a line a row.
    width: process.stdout.columns ?? Number.MAX_SAFE_INTEGER,
    isUnicode: isUnicode(process.env),
    confirm: (message) => confirm({ message: safe(message), default: false }, prompt),
    ask: (message, byDefault) => input({ message, ...(byDefault ? { default: byDefault } : {}) }, prompt),
    askSecret: (message) => password({ message, mask: "*" }, prompt),
  };
};
