import { type Definition, runStates, StateError } from "../simulation/world/workflow";
import { readWorkflow, type State, type Workflow, type WorkflowName } from "./workflow";

/** A task's result for its input, or an error by name; `call` counts from one. */
export type Task = (input: Record<string, unknown>, call: number) => unknown;

export interface Run {
  readonly status: "SUCCEEDED" | "FAILED";
  readonly error?: string;
  /** Seconds of each Wait state, in order. */
  readonly waits: readonly number[];
  /** Every call of a task, in order. */
  readonly calls: readonly { readonly state: string; readonly input: Record<string, unknown> }[];
}

export const answers =
  (answer: unknown): Task =>
  () =>
    answer;

export const failing =
  (error: string): Task =>
  () => {
    throw new StateError(error, "in a test");
  };

/** The workflow with every task's name as its resource, by which a test finds its stubs. */
const namedByState = (workflow: Workflow): Workflow => ({
  ...workflow,
  States: Object.fromEntries(
    Object.entries(workflow.States).map(([name, state]): readonly [string, State] => [
      name,
      {
        ...state,
        ...(state.Type === "Task" ? { Resource: name } : {}),
        ...(state.ItemProcessor ? { ItemProcessor: namedByState(state.ItemProcessor) } : {}),
      },
    ]),
  ),
});

/** Interprets the shipped workflow with stubs for its tasks, without waiting between retries. */
export const run = async (
  name: WorkflowName,
  input: Record<string, unknown>,
  tasks: Readonly<Record<string, Task>>,
): Promise<Run> => {
  const calls: Run["calls"][number][] = [];
  const task = async (state: string, given: unknown): Promise<unknown> => {
    const call = { state, input: given as Record<string, unknown> };
    calls.push(call);
    const stub = tasks[state];
    if (stub === undefined) throw new Error(`Nobody expected a call of "${state}"`);
    return stub(call.input, callsOf({ calls }, state).length);
  };
  const waits: number[] = [];
  // Full jitter of 0: whatever takes time is a Wait state.
  const wait = async (milliseconds: number): Promise<void> => {
    if (milliseconds > 0) waits.push(milliseconds / 1000);
  };
  const around = { task, wait, jitter: () => 0 };
  try {
    await runStates(namedByState(readWorkflow(name)) as Definition, input, around);
    return { status: "SUCCEEDED", waits, calls };
  } catch (error) {
    if (!(error instanceof StateError)) throw error;
    return { status: "FAILED", error: error.error, waits, calls };
  }
};

export const callsOf = ({ calls }: Pick<Run, "calls">, state: string): readonly Record<string, unknown>[] =>
  calls.filter((call) => call.state === state).map((call) => call.input);
