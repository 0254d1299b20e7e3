import type { Template } from "../read-template";

/** A rule about templates, with examples that it must refuse: a rule that lets them pass is no rule (S-27). */
export interface TemplateRule {
  /** E.g. `S-3`. */
  readonly id: string;
  /** What holds, in the present: "grants no wildcard action". */
  readonly says: string;
  /** What is wrong, one sentence each; empty when all is well. */
  readonly check: (template: Template) => readonly string[];
  /** Templates, or parts of one, each of which breaks the rule. */
  readonly bad: readonly string[];
}
