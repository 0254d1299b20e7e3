import picocolors from "picocolors";
import type { Console } from "../console/console";

/** A terminal that records, and answers from a list. */
export interface ConsoleDouble extends Console {
  readonly outText: () => string;
  readonly errText: () => string;
  /** Text that replaced the last line, such as a bar. */
  readonly bars: readonly string[];
  readonly questions: readonly string[];
}

export interface ConsoleAnswers {
  /** Answers to questions, in order; none: nobody is there. */
  readonly answers?: readonly (string | boolean | (() => Promise<boolean>))[];
  readonly isTerminal?: boolean;
  readonly hasColours?: boolean;
  readonly width?: number;
  readonly isUnicode?: boolean;
}

export const consoleDouble = ({
  answers,
  isTerminal = false,
  hasColours = false,
  width = Number.MAX_SAFE_INTEGER,
  isUnicode = true,
}: ConsoleAnswers = {}): ConsoleDouble => {
  const out: string[] = [];
  const err: string[] = [];
  const bars: string[] = [];
  const questions: string[] = [];
  const left = [...(answers ?? [])];
  const next = async (question: string): Promise<string | boolean> => {
    questions.push(question);
    const answer = left.shift();
    if (answer === undefined) throw new Error(`Nobody answers ${question}`);
    return typeof answer === "function" ? answer() : answer;
  };
  return {
    out: (text) => out.push(text),
    err: (text) => err.push(text),
    replaceLine: (text) => bars.push(text),
    isTerminal,
    isInteractive: answers !== undefined,
    colours: picocolors.createColors(hasColours),
    width,
    isUnicode,
    confirm: async (question) => (await next(question)) === true,
    ask: async (question) => String(await next(question)),
    askSecret: async (question) => String(await next(question)),
    outText: () => out.join("\n"),
    errText: () => err.join("\n"),
    bars,
    questions,
  };
};
