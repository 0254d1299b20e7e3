/** The part of Amazon States Language that the shipped workflows use, run in virtual time. */
import { once } from "./once";

interface Retrier {
  readonly ErrorEquals: readonly string[];
  readonly IntervalSeconds?: number;
  readonly MaxAttempts?: number;
  readonly BackoffRate?: number;
  readonly MaxDelaySeconds?: number;
  readonly JitterStrategy?: string;
}

interface Catcher {
  readonly ErrorEquals: readonly string[];
  readonly ResultPath?: string;
  readonly Next: string;
}

interface Rule {
  readonly Variable?: string;
  readonly And?: readonly Rule[];
  readonly Or?: readonly Rule[];
  readonly StringEquals?: string;
  readonly BooleanEquals?: boolean;
  readonly IsPresent?: boolean;
  readonly Next?: string;
}

interface State {
  readonly Type: "Task" | "Choice" | "Pass" | "Wait" | "Succeed" | "Fail" | "Map";
  readonly Next?: string;
  readonly End?: boolean;
  readonly Resource?: string;
  readonly InputPath?: string;
  readonly ResultPath?: string;
  readonly Parameters?: Readonly<Record<string, unknown>>;
  readonly Result?: unknown;
  readonly TimeoutSeconds?: number;
  readonly SecondsPath?: string;
  readonly Retry?: readonly Retrier[];
  readonly Catch?: readonly Catcher[];
  readonly Choices?: readonly Rule[];
  readonly Default?: string;
  readonly ItemsPath?: string;
  readonly ItemProcessor?: Definition;
  readonly Error?: string;
}

export interface Definition {
  readonly StartAt: string;
  readonly States: Readonly<Record<string, State>>;
}

type Data = Readonly<Record<string, unknown>>;

/** An error as a state throws it; Retry and Catch compare its `Error`. */
export class StateError extends Error {
  constructor(
    readonly error: string,
    readonly cause_: string,
  ) {
    super(`${error}: ${cause_}`);
  }
}

export interface Surroundings {
  /** Runs a task's function; rejects with a StateError. */
  task(resource: string, input: unknown, timeoutSeconds: number): Promise<unknown>;
  wait(milliseconds: number): Promise<void>;
  /** 0 ≤ x < 1. */
  jitter(): number;
}

const namesOf = once((path: string): readonly string[] => (path === "$" ? [] : path.slice(2).split(".")));

const fieldOf = (data: unknown, path: string): unknown => {
  let value = data;
  for (const name of namesOf(path)) value = (value as Data | undefined)?.[name];
  return value;
};

type Evaluate = (data: unknown) => unknown;

const CONTAINS = /^States\.ArrayContains\((\$[\w.]*), '([^']*)'\)$/;

/** The context object's one field that the workflows read. https://docs.aws.amazon.com/step-functions/latest/dg/input-output-contextobject.html */
const EXECUTION = "$$.Execution.Id";
/** As Step Functions names an express execution. */
export const EXECUTION_ARN = "arn:aws:states:eu-west-1:111122223333:express:workflow:name:id";

const evaluatorOf = (expression: string): Evaluate => {
  if (expression === EXECUTION) return () => EXECUTION_ARN;
  if (expression.startsWith("$$")) throw new Error(`${expression} is not simulated`);
  const contains = CONTAINS.exec(expression);
  if (contains === null) return (data) => fieldOf(data, expression);
  const [, path = "$", wanted] = contains;
  return (data) => (fieldOf(data, path) as readonly unknown[]).includes(wanted);
};

const parametersOf = once((template: Readonly<Record<string, unknown>>): Evaluate => {
  const fields = Object.entries(template).map(([name, value]): readonly [string, Evaluate] =>
    name.endsWith(".$") ? [name.slice(0, -2), evaluatorOf(String(value))] : [name, () => value],
  );
  return (data) => {
    const made: Record<string, unknown> = {};
    for (const [name, evaluate] of fields) made[name] = evaluate(data);
    return made;
  };
});

const resultField = once((path: string): string => {
  const [name, ...deeper] = namesOf(path);
  if (name === undefined || deeper.length > 0) throw new Error(`ResultPath ${path} is not simulated`);
  return name;
});

const withResult = (data: unknown, path: string | undefined, result: unknown): unknown => {
  if (path === undefined || path === "$") return result;
  const made: Record<string, unknown> = { ...(data as Data) };
  made[resultField(path)] = result;
  return made;
};

const holds = (data: unknown, rule: Rule): boolean => {
  if (rule.And) return rule.And.every((part) => holds(data, part));
  if (rule.Or) return rule.Or.some((part) => holds(data, part));
  const value = fieldOf(data, rule.Variable ?? "$");
  if (rule.IsPresent !== undefined) return (value !== undefined) === rule.IsPresent;
  if (value === undefined) throw new StateError("States.Runtime", `${rule.Variable} is absent`);
  if (rule.StringEquals !== undefined) return value === rule.StringEquals;
  if (rule.BooleanEquals !== undefined) return value === rule.BooleanEquals;
  throw new Error("A comparison that is not simulated");
};

const takes = (errors: readonly string[], { error }: StateError): boolean =>
  errors.includes(error) || errors.includes("States.ALL");

const asStateError = (error: unknown): StateError => {
  if (error instanceof StateError) return error;
  throw error;
};

const pauseOf = (retrier: Retrier, tries: number, jitter: number): number => {
  const { IntervalSeconds = 1, BackoffRate = 2, MaxDelaySeconds = Number.POSITIVE_INFINITY } = retrier;
  const seconds = Math.min(MaxDelaySeconds, IntervalSeconds * BackoffRate ** tries);
  return seconds * 1000 * (retrier.JitterStrategy === "FULL" ? jitter : 1);
};

const runTask = async (state: State, data: unknown, around: Surroundings): Promise<unknown> => {
  const input =
    state.Parameters === undefined
      ? fieldOf(data, state.InputPath ?? "$")
      : parametersOf(state.Parameters)(data);
  const used = new Map<Retrier, number>();
  for (;;) {
    try {
      return await around.task(state.Resource ?? "", input, state.TimeoutSeconds ?? 60);
    } catch (thrown) {
      const error = asStateError(thrown);
      const retrier = state.Retry?.find(({ ErrorEquals }) => takes(ErrorEquals, error));
      const tries = retrier === undefined ? 0 : (used.get(retrier) ?? 0);
      if (retrier === undefined || tries >= (retrier.MaxAttempts ?? 3)) throw error;
      used.set(retrier, tries + 1);
      await around.wait(pauseOf(retrier, tries, around.jitter()));
    }
  }
};

const runMap = (state: State, data: unknown, around: Surroundings): Promise<unknown> => {
  const items = fieldOf(data, state.ItemsPath ?? "$") as readonly unknown[];
  const { ItemProcessor } = state;
  if (ItemProcessor === undefined) throw new Error("A Map without ItemProcessor");
  return Promise.all(items.map((item) => runStates(ItemProcessor, item, around)));
};

const waitOf = async (state: State, data: unknown, around: Surroundings): Promise<unknown> => {
  const seconds = fieldOf(data, state.SecondsPath ?? "$");
  if (typeof seconds !== "number" || seconds < 0 || !Number.isInteger(seconds)) {
    throw new StateError("States.Runtime", `${state.SecondsPath} is no number of seconds`);
  }
  await around.wait(seconds * 1000);
  return data;
};

/** What a state that waits for nothing makes of its input. */
const madeBy = (state: State, data: unknown): unknown => {
  if (state.Parameters !== undefined) return parametersOf(state.Parameters)(data);
  return state.Result === undefined ? data : state.Result;
};

const resultOf = (state: State, data: unknown, around: Surroundings): Promise<unknown> => {
  if (state.Type === "Task") return runTask(state, data, around);
  return state.Type === "Map" ? runMap(state, data, around) : waitOf(state, data, around);
};

interface Step {
  readonly next: string | undefined;
  readonly data: unknown;
}

const caught = (state: State, data: unknown, thrown: unknown): Step => {
  const error = asStateError(thrown);
  const catcher = state.Catch?.find(({ ErrorEquals }) => takes(ErrorEquals, error));
  if (catcher === undefined) throw error;
  const told = { Error: error.error, Cause: error.cause_ };
  return { next: catcher.Next, data: withResult(data, catcher.ResultPath, told) };
};

const choose = (state: State, data: unknown): string => {
  const next = state.Choices?.find((rule) => holds(data, rule))?.Next ?? state.Default;
  if (next === undefined) throw new StateError("States.NoChoiceMatched", "no choice");
  return next;
};

/**
 * Runs states from StartAt to an end.
 *
 * @throws StateError when the execution fails
 */
export const runStates = async (
  { StartAt, States }: Definition,
  input: unknown,
  around: Surroundings,
): Promise<unknown> => {
  let name: string | undefined = StartAt;
  let data = input;
  while (name !== undefined) {
    const state: State | undefined = States[name];
    if (state === undefined) throw new Error(`There is no state ${name}`);
    if (state.Type === "Succeed") return data;
    if (state.Type === "Fail") throw new StateError(state.Error ?? "Failed", "");
    if (state.Type === "Choice") {
      name = choose(state, data);
      continue;
    }
    try {
      const result = state.Type === "Pass" ? madeBy(state, data) : await resultOf(state, data, around);
      data = withResult(data, state.ResultPath, result);
      name = state.Next;
    } catch (error) {
      ({ next: name, data } = caught(state, data, error));
    }
  }
  return data;
};
