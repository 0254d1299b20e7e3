import { readFileSync } from "node:fs";
import { join } from "node:path";

export interface Retrier {
  readonly ErrorEquals: readonly string[];
  readonly IntervalSeconds: number;
  readonly MaxAttempts: number;
  readonly BackoffRate: number;
  readonly MaxDelaySeconds: number;
  readonly JitterStrategy?: string;
}

export interface State {
  readonly Type: string;
  readonly Comment?: string;
  readonly Resource?: string;
  readonly TimeoutSeconds?: number;
  readonly Retry?: readonly Retrier[];
  readonly Catch?: readonly { readonly ErrorEquals: readonly string[]; readonly Next: string }[];
  readonly Next?: string;
  readonly Default?: string;
  readonly Choices?: readonly { readonly Next: string }[];
  readonly ItemProcessor?: Workflow;
}

export interface Workflow {
  readonly Comment?: string;
  readonly StartAt: string;
  readonly TimeoutSeconds?: number;
  readonly States: Readonly<Record<string, State>>;
}

export const WORKFLOWS = ["start-runner", "stop-runner"] as const;
export type WorkflowName = (typeof WORKFLOWS)[number];

const FOLDER = join(__dirname, "../../AutoScaler/workflows");

export const workflowText = (name: WorkflowName): string =>
  readFileSync(join(FOLDER, `${name}.asl.json`), "utf8");

/** The shipped workflow. The template replaces each `${…}`. */
export const readWorkflow = (name: WorkflowName): Workflow => JSON.parse(workflowText(name)) as Workflow;

/** All states, those within a Map included. */
export const statesOf = (workflow: Workflow): readonly (readonly [string, State])[] =>
  Object.entries(workflow.States).flatMap(([name, state]) => [
    [name, state] as const,
    ...(state.ItemProcessor ? statesOf(state.ItemProcessor) : []),
  ]);

export const tasksOf = (workflow: Workflow): readonly (readonly [string, State])[] =>
  statesOf(workflow).filter(([, { Type }]) => Type === "Task");
