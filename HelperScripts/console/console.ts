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
  /** Whether it shows more than ASCII. */
  readonly isUnicode: boolean;
  confirm(question: string): Promise<boolean>;
  ask(question: string, byDefault?: string): Promise<string>;
  /** Asks without showing what is typed. */
  askSecret(question: string): Promise<string>;
}
