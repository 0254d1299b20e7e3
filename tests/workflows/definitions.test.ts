import { SILENCE_SECONDS } from "../../AutoScaler/src/timing";
import { asMap, at, readTemplate, resource } from "../templates/read-template";
import {
  readWorkflow,
  type State,
  statesOf,
  tasksOf,
  WORKFLOWS,
  type Workflow,
  workflowText,
} from "./workflow";

const validate = require("asl-validator") as (definition: unknown) => {
  readonly isValid: boolean;
  readonly errorsText: (separator?: string) => string;
};

// Bundling and checking take their time on a busy machine.
jest.setTimeout(60_000);

interface WorkflowRule {
  readonly id: string;
  readonly says: string;
  readonly check: (workflow: Workflow) => readonly string[];
  readonly bad: readonly unknown[];
}

/** Seconds that an express execution may run. https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html */
const LONGEST_SECONDS = 300;
const RETRIED = [
  "TransientError",
  "Lambda.ServiceException",
  "Lambda.AWSLambdaException",
  "Lambda.SdkClientException",
  "Lambda.TooManyRequestsException",
];

/** TransientError too, of the functions that tell GitLab's silence from others: what a job waited for goes by it. */
const OF_GITLAB = "UnreachableError";

/** What has taken another task's time before has one try: the reconciler repeats it. */
const RETRIED_AFTER_ANOTHER = ["Lambda.TooManyRequestsException"];
const goesOn = (name: string): boolean => name.startsWith("Fall back");

/** Functions compute how long a workflow waits: none of them asks for more. */
const LONGEST_WAIT_SECONDS = SILENCE_SECONDS;

/** The longest that a state can take: each try to its time-out, and all pauses in full. A throttled try takes no time. */
const longestState = ({ Type, TimeoutSeconds = 0, Retry = [], ItemProcessor }: State): number => {
  if (Type === "Wait") return LONGEST_WAIT_SECONDS;
  if (ItemProcessor) return longest(ItemProcessor, ItemProcessor.StartAt);
  const pauses = Retry.flatMap(({ IntervalSeconds, BackoffRate, MaxAttempts, MaxDelaySeconds }) =>
    Array.from({ length: MaxAttempts }, (_, n) =>
      Math.min(IntervalSeconds * BackoffRate ** n, MaxDelaySeconds),
    ),
  );
  const tries = Retry.filter(({ ErrorEquals }) =>
    ErrorEquals.some((name) => name !== "Lambda.TooManyRequestsException"),
  );
  const repeats = tries.reduce((sum, { MaxAttempts }) => sum + MaxAttempts, 1);
  return repeats * TimeoutSeconds + pauses.reduce((sum, pause) => sum + pause, 0);
};

const nextOf = ({ Next, Default, Choices = [], Catch = [] }: State): readonly string[] => [
  ...(Next ? [Next] : []),
  ...(Default ? [Default] : []),
  ...Choices.map((choice) => choice.Next),
  ...Catch.map((catcher) => catcher.Next),
];

function longest(workflow: Workflow, from: string, before: readonly string[] = []): number {
  const state = workflow.States[from];
  if (state === undefined || before.includes(from))
    return before.includes(from) ? Number.POSITIVE_INFINITY : 0;
  const after = nextOf(state).map((name) => longest(workflow, name, [...before, from]));
  return longestState(state) + Math.max(0, ...after);
}

const task = (changes: Record<string, unknown>): unknown => ({
  Comment: "c",
  StartAt: "Do it",
  TimeoutSeconds: 60,
  States: {
    "Do it": {
      Type: "Task",
      Comment: "c",
      Resource: "arn:aws:lambda:eu-west-1:111122223333:function:f",
      TimeoutSeconds: 10,
      Retry: [
        {
          ErrorEquals: RETRIED,
          IntervalSeconds: 1,
          MaxAttempts: 1,
          BackoffRate: 2,
          MaxDelaySeconds: 4,
          JitterStrategy: "FULL",
        },
      ],
      Catch: [{ ErrorEquals: ["States.ALL"], Next: "Failed" }],
      Next: "Done",
      ...changes,
    },
    Done: { Type: "Succeed", Comment: "c" },
    Failed: { Type: "Fail", Comment: "c", Error: "E", Cause: "c" },
  },
});

const retrier = (changes: Record<string, unknown>) => [
  {
    ErrorEquals: RETRIED,
    IntervalSeconds: 1,
    MaxAttempts: 1,
    BackoffRate: 2,
    MaxDelaySeconds: 4,
    JitterStrategy: "FULL",
    ...changes,
  },
];

/** The one call that is no function: what is put on the bus for others. Nothing of ours depends on it. */
// biome-ignore lint/suspicious/noTemplateCurlyInString: as the workflow writes it
const PUT_EVENTS = "${PutEventsArn}";
const tellsOthers = ({ Resource }: State): boolean => Resource === PUT_EVENTS;
const functionTasks = (workflow: Workflow): readonly (readonly [string, State])[] =>
  tasksOf(workflow).filter(([, state]) => !tellsOthers(state));

const faults = (
  workflow: Workflow,
  isWrong: (state: State) => boolean,
  states: readonly (readonly [string, State])[] = tasksOf(workflow),
): readonly string[] => states.flatMap(([name, state]) => (isWrong(state) ? name : []));

const wrongStates = (
  states: readonly (readonly [string, State])[],
  isWrong: (name: string, state: State) => boolean,
): readonly string[] => states.flatMap(([name, state]) => (isWrong(name, state) ? name : []));

/** Fields of states that the tests' interpreter supports. */
const COMMON = ["Type", "Comment", "Next", "End", "ResultPath"];
const KNOWN: Readonly<Record<string, readonly string[]>> = {
  Task: [...COMMON, "Resource", "InputPath", "Parameters", "TimeoutSeconds", "Retry", "Catch"],
  Pass: [...COMMON, "Parameters", "Result"],
  Wait: [...COMMON, "SecondsPath"],
  Choice: [...COMMON, "Choices", "Default"],
  Map: [...COMMON, "ItemsPath", "ItemProcessor", "MaxConcurrency", "Catch"],
  Succeed: COMMON,
  Fail: [...COMMON, "Error", "Cause"],
};
const unknownFields = ([name, state]: readonly [string, State]): readonly string[] =>
  Object.keys(state)
    .filter((field) => !KNOWN[state.Type]?.includes(field))
    .map((field) => `${name} has ${field}`);

const RULES: readonly WorkflowRule[] = [
  {
    id: "S-27",
    says: "uses only fields that the tests' interpreter supports, since it ignores others",
    check: (workflow) => statesOf(workflow).flatMap(unknownFields),
    bad: [
      task({ OutputPath: "$.a" }),
      task({ ResultSelector: {} }),
      task({ Type: "Parallel", Branches: [] }),
    ],
  },
  {
    id: "S-2",
    says: "is a valid definition",
    check: (workflow) => {
      const { isValid, errorsText } = validate(workflow);
      return isValid ? [] : [errorsText("\n")];
    },
    bad: [task({ Next: "Nowhere" }), task({ Nxt: "Done" }), { States: {} }],
  },
  {
    id: "House style",
    says: "explains every state",
    check: (workflow) => faults(workflow, ({ Comment }) => !Comment, statesOf(workflow)),
    bad: [task({ Comment: undefined })],
  },
  {
    id: "S-2",
    says: "gives every task a time-out",
    check: (workflow) => faults(workflow, ({ TimeoutSeconds }) => TimeoutSeconds === undefined),
    bad: [task({ TimeoutSeconds: undefined })],
  },
  {
    id: "S-2",
    says: "catches every error of every task, in a state that leads forward",
    check: (workflow) =>
      faults(
        workflow,
        ({ Catch = [] }) => !Catch.some(({ ErrorEquals }) => ErrorEquals.includes("States.ALL")),
      ),
    bad: [task({ Catch: undefined }), task({ Catch: [{ ErrorEquals: ["TransientError"], Next: "Failed" }] })],
  },
  {
    id: "S-2 I-25",
    says: "retries by error name what a retry can cure, with full jitter and a limit",
    check: (workflow) =>
      wrongStates(functionTasks(workflow), (name, { Retry = [] }) => {
        const retried = goesOn(name) ? RETRIED_AFTER_ANOTHER : RETRIED;
        const names = Retry.flatMap(({ ErrorEquals }) => ErrorEquals).filter((each) => each !== OF_GITLAB);
        return (
          names.length !== retried.length ||
          retried.some((each) => !names.includes(each)) ||
          Retry.some(
            ({ JitterStrategy, MaxDelaySeconds }) => JitterStrategy !== "FULL" || !(MaxDelaySeconds <= 10),
          )
        );
      }),
    bad: [
      task({ Retry: [] }),
      task({ Retry: retrier({ ErrorEquals: ["States.ALL"] }) }),
      task({ Retry: retrier({ ErrorEquals: [...RETRIED, "States.Timeout"] }) }),
      task({ Retry: retrier({ JitterStrategy: undefined }) }),
      task({ Retry: retrier({ MaxDelaySeconds: undefined }) }),
    ],
  },
  {
    id: "S-2 F-28",
    says: "ends within an express execution's limit, whatever fails",
    check: (workflow) => {
      const most = longest(workflow, workflow.StartAt);
      const limit = workflow.TimeoutSeconds ?? Number.POSITIVE_INFINITY;
      return limit <= LONGEST_SECONDS && most <= limit ? [] : [`may take ${most} s of ${limit} s`];
    },
    bad: [
      { ...(task({}) as object), TimeoutSeconds: undefined },
      { ...(task({}) as object), TimeoutSeconds: 600 },
      task({ TimeoutSeconds: 40 }),
      task({ Catch: [{ ErrorEquals: ["States.ALL"], Next: "Do it" }] }),
    ],
  },
];

describe.each(RULES)("$id: $says", ({ check, bad }) => {
  it.each(WORKFLOWS)("%s", (name) => {
    expect(check(readWorkflow(name))).toEqual([]);
  });

  it("S-27: and the rule refuses each of its bad examples", () => {
    expect(bad.filter((one) => check(JSON.parse(JSON.stringify(one)) as Workflow).length === 0)).toEqual([]);
  });

  it("accepts a good example", () => {
    expect(check(JSON.parse(JSON.stringify(task({}))) as Workflow)).toEqual([]);
  });
});

const template = readTemplate("AutoScaler");
const machineId = {
  "start-runner": "StartRunnerStateMachine",
  "stop-runner": "StopRunnerStateMachine",
} as const;
const substitutions = (name: (typeof WORKFLOWS)[number]) =>
  asMap(resource(template, machineId[name]).properties.DefinitionSubstitutions);

it.each(WORKFLOWS)("%s uses exactly the functions that the template substitutes", (name) => {
  const wanted = [...new Set([...workflowText(name).matchAll(/\$\{(\w+)\}/g)].map(([, key = ""]) => key))];
  expect(Object.keys(substitutions(name)).sort()).toEqual(wanted.sort());
});

it.each(WORKFLOWS)(
  "%s gives each task its function's time-out, so that neither outlives the other",
  (name) => {
    for (const [state, { Resource, TimeoutSeconds }] of functionTasks(readWorkflow(name))) {
      const key = /\$\{(\w+)\}/.exec(Resource ?? "")?.[1] ?? "";
      const functionId = String(at(substitutions(name)[key], "Fn::GetAtt", 0));
      expect([state, resource(template, functionId).properties.Timeout]).toEqual([state, TimeoutSeconds]);
    }
  },
);

it.each(WORKFLOWS)("T-31: %s calls functions and EventBridge's PutEvents, and no other service", (name) => {
  for (const [, { Resource }] of functionTasks(readWorkflow(name)))
    expect(Resource).toMatch(/^\$\{\w+FunctionArn\}$/);
  expect(substitutions(name).PutEventsArn).toEqual({
    // biome-ignore lint/suspicious/noTemplateCurlyInString: as the template writes it
    "Fn::Sub": "arn:${AWS::Partition}:states:::events:putEvents",
  });
});

it.each(WORKFLOWS)("%s tells others once, and goes on alike whether or not they were told", (name) => {
  const told = tasksOf(readWorkflow(name)).filter(([, state]) => tellsOthers(state));
  expect(told).toHaveLength(1);
  for (const [, { Next, Catch = [], Retry }] of told) {
    expect(Catch).toEqual([{ ErrorEquals: ["States.ALL"], ResultPath: "$.untold", Next }]);
    expect(Retry).toBeUndefined();
  }
});
