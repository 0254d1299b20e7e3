import type { Colors } from "picocolors/types";

/**
 * The terminal as commands see it: results to `out`, messages to `err`. Tests put a recorder here.
 */
export interface Console {
  out(text: string): void;
  err(text: string): void;
  /** Overwrites the last line of stderr; only where `isTerminal`. */
  replaceLine(text: string): void;
  /** Whether stderr is a terminal that shows a moving bar. */
  readonly isTerminal: boolean;
  /** Whether somebody is there to answer. */
  readonly isInteractive: boolean;
  readonly colours: Colors;
  /** Characters in a line. */
  readonly width: number;
  confirm(question: string): Promise<boolean>;
  ask(question: string, byDefault?: string): Promise<string>;
  /** Asks without showing what is typed. */
  askSecret(question: string): Promise<string>;
}

const bidirectional = "\\u200e\\u200f\\u202a-\\u202e\\u2066-\\u2069";
/** Control characters, text direction switches, lone halves of surrogate pairs. */
const UNSAFE = new RegExp(
  `[\\ud800-\\udbff][\\udc00-\\udfff]|[\\u0000-\\u001f\\u007f-\\u009f\\u2028\\u2029${bidirectional}\\ud800-\\udfff]`,
  "g",
);

const escaped = (unit: string): string =>
  unit.length === 2 ? unit : `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;

/** Text from outside (names, tags, GitLab's answers), escaped for a terminal and kept on one line (F-62). */
export const safe = (text: string): string => text.replace(UNSAFE, escaped);
