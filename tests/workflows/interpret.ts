import type { StateMachine as Interpreter } from "aws-local-stepfunctions";
import { readWorkflow, tasksOf, type WorkflowName, workflowText } from "./workflow";

// The interpreter asks for a newer Node in this one place.
const promises = Promise as unknown as { withResolvers?: () => unknown };
promises.withResolvers ??= () => {
  const parts: { resolve?: unknown; reject?: unknown } = {};
  const promise = new Promise((resolve, reject) => Object.assign(parts, { resolve, reject }));
  return { ...parts, promise };
};
const { StateMachine } = require("aws-local-stepfunctions") as { StateMachine: typeof Interpreter };

/** A task's answer to its input, or an error by name; `call` counts from one. */
export type Task = (input: Record<string, unknown>, call: number) => unknown;

export interface Run {
  readonly status: "SUCCEEDED" | "FAILED";
  readonly error?: string;
  /** Every call of a task, in order. */
  readonly calls: readonly { readonly state: string; readonly input: Record<string, unknown> }[];
}

export class NamedError extends Error {
  constructor(override readonly name: string) {
    super(`${name} in a test`);
  }
}

export const answers =
  (answer: unknown): Task =>
  () =>
    answer;

export const failing =
  (error: string): Task =>
  () => {
    throw new NamedError(error);
  };

// The first run builds the interpreter, which takes its time on a busy machine.
jest.setTimeout(60_000);

const machines = new Map<WorkflowName, Interpreter>();

/** The interpreter checks a definition for a second: once a workflow will do. */
const machineOf = (name: WorkflowName): Interpreter => {
  const known = machines.get(name);
  if (known !== undefined) return known;
  // Resources are the template's; any ARN does for an interpreter that never calls it.
  const arn = "arn:aws:lambda:eu-west-1:111122223333:function:$1";
  const text = workflowText(name).replaceAll(/\$\{(\w+)\}/g, arn);
  const machine = new StateMachine(JSON.parse(text), { validationOptions: { checkArn: false } });
  machines.set(name, machine);
  return machine;
};

/** Interprets the shipped workflow with stubs for its tasks, without waiting between retries. */
export const run = async (
  name: WorkflowName,
  input: Record<string, unknown>,
  tasks: Readonly<Record<string, Task>>,
): Promise<Run> => {
  const calls: Run["calls"][number][] = [];
  const counts = new Map<string, number>();
  const handler = (state: string) => async (given: Record<string, unknown>) => {
    calls.push({ state, input: given });
    counts.set(state, (counts.get(state) ?? 0) + 1);
    const task = tasks[state];
    if (task === undefined) throw new Error(`Nobody expected a call of "${state}"`);
    return task(given, counts.get(state) ?? 0);
  };
  const names = tasksOf(readWorkflow(name)).map(([state]) => state);
  const overrides = {
    taskResourceLocalHandlers: Object.fromEntries(names.map((state) => [state, handler(state)])),
    retryIntervalOverrides: Object.fromEntries(names.map((state) => [state, 0])),
  };
  try {
    await machineOf(name).run(input as never, { overrides: overrides as never }).result;
    return { status: "SUCCEEDED", calls };
  } catch (error) {
    const { cause } = error as { readonly cause?: Error };
    return { status: "FAILED", error: cause?.name ?? String(error), calls };
  }
};

export const callsOf = ({ calls }: Run, state: string): readonly Record<string, unknown>[] =>
  calls.filter((call) => call.state === state).map((call) => call.input);
