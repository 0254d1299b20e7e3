import { fullAttempt, sampleOrder, sampleRunner } from "../../AutoScaler/src/testing/contracts/samples";
import { encodeItem } from "../../Core/ledger/codec";
import type { LedgerItem, StartedRunner } from "../../Core/model/ledger";
import { type StandIn, startGitLab } from "../../local/gitlab";
import { LEDGER_TABLE } from "../doubles/dynamodb/stack-tables";
import { asList, at, ofType, readTemplate } from "../templates/read-template";
import { type CalledService, MICROVM_IMAGE_ARN } from "./aws-on-loopback";
import {
  CONFIGURATION_PATH,
  type HandlersOnLoopback,
  openHandlers,
  RUNNER_ARN,
} from "./handlers-on-loopback";

/**
 * Functions wait for services that never answer. Time is virtual, and goes on only while somebody waits for such a
 * service, or for the time itself: so it does not matter what else the machine does.
 */

/** The time of a pause is real for a moment at each step, and longer on a busy machine. */
jest.setTimeout(240_000);

const PROJECT = 7;
const REQUEST_ID = "6f1c0000-0000-4000-8000-000000000000";
const INSTANCE = "i-0123456789abcdef0";
/** No ids of the stand-in. */
const LAMBDA_RUNNER = 41;
const EC2_RUNNER = 42;

let gitLab: StandIn;
let on: HandlersOnLoopback;

beforeAll(async () => {
  gitLab = await startGitLab();
  on = await openHandlers(gitLab);
});
beforeEach(() => {
  jest.spyOn(process.stdout, "write").mockReturnValue(true);
  jest.useFakeTimers({ doNotFake: ["nextTick", "setImmediate", "queueMicrotask", "performance", "hrtime"] });
});
afterEach(() => {
  jest.useRealTimers();
  jest.restoreAllMocks();
  on.aws.silent.clear();
  on.aws.isThrottled = false;
});
afterAll(async () => {
  await on?.close();
  await gitLab?.close();
});

/** Seconds that each function has, by its file. */
const limits: ReadonlyMap<string, number> = new Map(
  ofType(readTemplate("AutoScaler"), "AWS::Serverless::Function").map(({ attributes, properties }) => {
    const [file = ""] = asList(at(attributes, "Metadata", "BuildProperties", "EntryPoints")).map(String);
    return [file.replace(/^.*\/|\.ts$/g, ""), Number(properties.Timeout)] as const;
  }),
);

const put = (...items: readonly LedgerItem[]): void => {
  for (const item of items) on.aws.tables.run("PutItem", { TableName: LEDGER_TABLE, Item: encodeItem(item) });
};

const runner = (runnerId: number, fields: Partial<StartedRunner>): StartedRunner =>
  sampleRunner({ runnerId, jobId: runnerId, launchedFor: { jobId: runnerId, attempt: 1 }, ...fields });

/** A Lambda runner that waits for its job, and an instance whose record is gone. */
const putRunners = (): void => {
  const { lease: _, ...attempt } = fullAttempt(LAMBDA_RUNNER);
  put({ ...attempt, state: "LAUNCHED", runnerId: LAMBDA_RUNNER });
  put(runner(LAMBDA_RUNNER, { provider: "LAMBDA", resourceId: REQUEST_ID }));
  put(runner(EC2_RUNNER, { state: "ENDING", resourceId: INSTANCE, reason: "job-ended" }));
};

const createJob = (): number =>
  gitLab.createPipeline(PROJECT, [{ name: "a job", script: ["true"] }])[0]?.id ?? 0;

const event = (build_status: string) => ({
  source: "gitlab.webhook",
  object_kind: "build",
  build_id: createJob(),
  build_name: "a job",
  build_status,
  project_id: PROJECT,
  runner: { id: "" },
  attempt: "",
});

const order = (type: "EC2" | "LAMBDA" | "MICROVM") => {
  const whole = { ...sampleOrder(), projectId: PROJECT, tags: [], jobId: createJob(), queuedAt: Date.now() };
  const { ec2, projects: _, ...runnerClass } = whole.runnerClass;
  if (type === "MICROVM")
    return {
      ...whole,
      limits: { stack: 100 },
      runnerClass: { ...runnerClass, type, maxRunners: 50, microVm: MICROVM },
    };
  return type === "EC2"
    ? { ...whole, runnerClass: { ...runnerClass, ec2 } }
    : { ...whole, functionArn: RUNNER_ARN, runnerClass: { ...runnerClass, type } };
};

const MICROVM = { memoryMiB: 2048, executor: "docker", image: "debian:13-slim" } as const;

/** What leads each function to all services that it waits for. */
const INPUTS: Readonly<Record<string, () => unknown>> = {
  "look-up-runner": () => event("pending"),
  "start-ec2-runner": () => order("EC2"),
  "start-lambda-runner": () => order("LAMBDA"),
  "start-microvm-runner": () => order("MICROVM"),
  "record-pick-up": () => event("running"),
  "record-end-report": () => ({ resourceId: REQUEST_ID, status: "success", environment: "e" }),
  "find-runner": () => event("success"),
  "unregister-runner": () => ({ runnerId: LAMBDA_RUNNER, reason: "job-ended", isDead: false }),
  "terminate-instance": () => ({ runnerId: EC2_RUNNER, recordDeleted: true }),
  "start-next-job": () => ({ freed: { kind: "slot", classKey: "EC2#default" } }),
  "record-failure": () => ({
    event: { ...event("pending"), lookup: {} },
    error: { Error: "ConfigurationError", Cause: "{}" },
  }),
  reconciler: () => ({}),
  "roll-up-usage": () => ({}),
  "keep-prices": () => ({}),
};

const inReal = (milliseconds: number): Promise<void> => {
  const until = performance.now() + milliseconds;
  return new Promise((resolve) => {
    const look = (): void => void (performance.now() < until ? setImmediate(look) : resolve());
    look();
  });
};

/** Milliseconds of virtual time by which it goes on. */
const STEP = 200;
/** Nobody in this process takes longer to say something; if somebody does, the time is too long, never too short. */
const QUIET_REAL_MILLISECONDS = 15;

/** How a call ends, and after how many virtual seconds. */
const outcomeOf = async (name: string): Promise<{ readonly outcome: string; readonly seconds: number }> => {
  const begun = Date.now();
  let outcome: string | undefined;
  on.handlers[name]?.(INPUTS[name]?.()).then(
    (value) => {
      outcome = `returned ${JSON.stringify(value)}`;
    },
    (error: Error) => {
      outcome = error.name;
    },
  );
  while (outcome === undefined) {
    await inReal(on.aws.held > 0 ? 1 : QUIET_REAL_MILLISECONDS);
    if (outcome === undefined) await jest.advanceTimersByTimeAsync(STEP);
  }
  return { outcome, seconds: (Date.now() - begun) / 1_000 };
};

/** Names of errors that the workflows know; or a result that says so, as that of a launch that is looked for later. */
const SAYS_SO = /^(?:TransientError|UnreachableError|NoAnswerError)$|no.answer|"waitingFor":"launch"/;

/** @returns what is wrong with the end of each function's call */
const problems = async (names: readonly string[]): Promise<readonly string[]> => {
  const found: string[] = [];
  for (const name of names) {
    const { outcome, seconds } = await outcomeOf(name);
    if (!SAYS_SO.test(outcome)) found.push(`${name} ${outcome}`);
    if (seconds > (limits.get(name) ?? 0)) found.push(`${name} took ${seconds} s of ${limits.get(name)}`);
  }
  return found;
};

/** The same while a service is silent. */
const problemsWithout = async (
  service: CalledService,
  names: readonly string[],
): Promise<readonly string[]> => {
  on.aws.silent.add(service);
  return problems(names);
};

const NAMES = Object.keys(INPUTS);
const WITHOUT_GITLAB = [
  "terminate-instance",
  "start-next-job",
  "record-failure",
  "roll-up-usage",
  "keep-prices",
];
const WITH_GITLAB = NAMES.filter((name) => !WITHOUT_GITLAB.includes(name));

it("knows every function", () => {
  expect([...NAMES].sort()).toEqual(Object.keys(on.handlers).sort());
  expect([...limits.keys()].sort()).toEqual(Object.keys(on.handlers).sort());
});

describe("a function says itself, before its time is over, that there is no answer from", () => {
  // Parameter Store first, since later the configuration is known.
  it("F-21: Parameter Store", async () => {
    expect(await problemsWithout("ssm", [...WITH_GITLAB, "keep-prices"])).toEqual([]);
  });

  it("F-21: Parameter Store but that it has too much to do", async () => {
    on.aws.isThrottled = true;
    // The longest pauses that there are.
    jest.spyOn(Math, "random").mockReturnValue(0.999);
    expect(await problems(WITH_GITLAB)).toEqual([]);
  });

  it("F-19: DynamoDB", async () => {
    expect(await problemsWithout("dynamodb", NAMES)).toEqual([]);
  });

  it("F-34: EC2", async () => {
    putRunners();
    expect(await problemsWithout("ec2", ["start-ec2-runner", "terminate-instance"])).toEqual([]);
  });

  it("F-40: Lambda", async () => {
    const image = JSON.stringify({ imageArn: MICROVM_IMAGE_ARN, imageVersion: "1.0" });
    on.aws.parameters.set(`${CONFIGURATION_PATH}/microvm/2048`, image);
    expect(await problemsWithout("lambda", ["start-lambda-runner", "start-microvm-runner"])).toEqual([]);
  });

  it("F-30: GitLab", async () => {
    on.aws.parameters.set(`${CONFIGURATION_PATH}/Url`, on.aws.url);
    // Until the address is read again: each test's time begins at the real one, and the ones before went further.
    jest.setSystemTime(Date.now() + 600_000);
    putRunners();
    expect(await problems(WITH_GITLAB)).toEqual([]);
  });
});
