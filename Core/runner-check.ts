import type { Fields } from "./fields";

/**
 * The event that asks a runner function about itself. It names no runner, so nothing is registered and no row is taken.
 *
 * @example { "check": "runner" }
 */
export const RUNNER_CHECK = { check: "runner" } as const;

export const isRunnerCheck = (event: unknown): boolean =>
  (event as { readonly check?: unknown } | null | undefined)?.check === RUNNER_CHECK.check;

/** The programs that a job needs, each asked with `--version`. */
export const CHECKED_TOOLS = ["gitlab-runner", "aws", "git"] as const;
export type CheckedTool = (typeof CHECKED_TOOLS)[number];

/** What a runner function answers to the check. */
export interface RunnerCheckAnswer {
  readonly kind: "check";
  /** Of the processor that it ran on, in Lambda's words: `arm64`, `x86_64`. */
  readonly architecture: string;
  /** Node.js, e.g. `24.1.0`. */
  readonly node: string;
  /** e.g. `19.4.0`; one that is missing could not be run. */
  readonly versions: Readonly<Partial<Record<CheckedTool, string>>>;
  /** Whether the bootstrap table answered; else the error's name. */
  readonly bootstrapTable: "answers" | string;
}

const isText = (value: unknown): value is string => typeof value === "string";

/** Reads the answer; undefined: it is none, e.g. of a function that does not know the check. */
export const parseRunnerCheck = (value: unknown): RunnerCheckAnswer | undefined => {
  if (typeof value !== "object" || value === null) return undefined;
  const { kind, architecture, node, versions, bootstrapTable } = value as Fields;
  if (kind !== "check" || !isText(architecture) || !isText(node) || !isText(bootstrapTable)) return undefined;
  const told = (versions ?? {}) as Fields;
  const known = CHECKED_TOOLS.flatMap((tool) => {
    const version = told[tool];
    return isText(version) ? [[tool, version] as const] : [];
  });
  return { kind, architecture, node, versions: Object.fromEntries(known), bootstrapTable };
};
