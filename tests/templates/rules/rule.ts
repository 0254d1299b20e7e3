import type { Template } from "../read-template";

/** A rule about templates, with bad examples that it must refuse (S-27). */
export interface TemplateRule {
  /** E.g. `S-3`. */
  readonly id: string;
  /** The rule in the present tense: "grants no wildcard action". */
  readonly says: string;
  /** Returns what is wrong, one sentence each; empty when nothing is. */
  readonly check: (template: Template) => readonly string[];
  /** Templates that break the rule. */
  readonly bad: readonly string[];
}
