import { sampleOrder } from "../testing/contracts/samples";

/** What each function reads; the template's environment is held against the same names elsewhere. */
const GITLAB = ["CONFIGURATION_PATH", "EVENT_BUS_NAME"];
const CACHE = ["CACHE_ROLE_ARN", "CACHE_BUCKET"];
const HANDLERS: Readonly<Record<string, readonly string[]>> = {
  "look-up-runner": [...GITLAB, "MAPPING_TABLE"],
  "start-lambda-runner": [...GITLAB, "LEDGER_TABLE", "BOOTSTRAP_TABLE", ...CACHE],
  "start-ec2-runner": [
    ...GITLAB,
    "LEDGER_TABLE",
    "BOOTSTRAP_TABLE",
    ...CACHE,
    "SUBNET_IDS",
    "RUNNER_ROLE_ID",
  ],
  "start-microvm-runner": [...GITLAB, "LEDGER_TABLE", "BOOTSTRAP_TABLE", ...CACHE],
  "record-pick-up": [...GITLAB, "LEDGER_TABLE"],
  "record-end-report": [...GITLAB, "LEDGER_TABLE"],
  "find-runner": [...GITLAB, "LEDGER_TABLE"],
  "unregister-runner": [...GITLAB, "LEDGER_TABLE", "BOOTSTRAP_TABLE"],
  "terminate-instance": ["CONFIGURATION_PATH", "LEDGER_TABLE"],
  "start-next-job": ["LEDGER_TABLE", "EVENT_BUS_NAME"],
  "record-failure": ["CONFIGURATION_PATH", "LEDGER_TABLE"],
  "keep-prices": ["CONFIGURATION_PATH", "LEDGER_TABLE", "MAPPING_TABLE", "SUBNET_IDS"],
  "roll-up-usage": ["LEDGER_TABLE", "MAPPING_TABLE"],
  reconciler: [...GITLAB, "LEDGER_TABLE", "MAPPING_TABLE"],
};
const EC2 = [
  "LAUNCH_TEMPLATE_ARM64",
  "LAUNCH_TEMPLATE_X86_64",
  "LAUNCH_TEMPLATE_VERSION_ARM64",
  "LAUNCH_TEMPLATE_VERSION_X86_64",
  "ROOT_DEVICE_NAME",
];

const NAMES = Object.keys(HANDLERS);
const before = { ...process.env };

/** A fresh copy of the module: what it reads of the environment it reads when it is loaded. */
const load = (name: string): { handler?: unknown; error?: Error } => {
  let loaded: { handler?: unknown; error?: Error } = {};
  jest.isolateModules(() => {
    try {
      loaded = require(`./${name}`);
    } catch (error) {
      loaded = { error: error as Error };
    }
  });
  return loaded;
};

const complete = (): void => {
  const variables = ["DEPLOYMENT_ID", ...EC2, ...Object.values(HANDLERS).flat()];
  for (const variable of variables) process.env[variable] = "/gitlabrunner";
  process.env.AWS_REGION = "eu-west-1";
};

/** Nobody listens there, so a call of AWS fails at once. */
const NOBODY = "http://127.0.0.1:9";

const handle = (name: string, input: unknown): Promise<unknown> =>
  (load(name).handler as (input: unknown) => Promise<unknown>)(input);

afterEach(() => {
  process.env = { ...before };
});

describe.each(NAMES)("%s", (name) => {
  it("names all that is missing in its environment at once", () => {
    complete();
    for (const variable of HANDLERS[name] ?? []) delete process.env[variable];
    const { error } = load(name);
    expect(error).toMatchObject({ name: "ConfigurationError" });
    for (const variable of HANDLERS[name] ?? []) expect(error?.message).toContain(variable);
  });
});

describe("the input of a handler", () => {
  it.each([
    "look-up-runner",
    "start-lambda-runner",
    "start-ec2-runner",
    "start-microvm-runner",
    "record-pick-up",
    "record-end-report",
    "find-runner",
    "unregister-runner",
    "start-next-job",
    "record-failure",
  ])("F-68 F-69: that is no object makes %s throw InvalidInputError before it asks anybody", async (name) => {
    complete();
    const { handler } = load(name);
    for (const input of [null, [], "x", 5]) {
      await expect((handler as (input: unknown) => Promise<unknown>)(input)).rejects.toMatchObject({
        name: "InvalidInputError",
      });
    }
  });
});

describe("an order", () => {
  it.each([
    ["start-ec2-runner", "LAMBDA"],
    ["start-lambda-runner", "EC2"],
    ["start-microvm-runner", "EC2"],
  ] as const)(
    "I-27: is refused by %s where its class is of %s, before anybody is asked",
    async (name, type) => {
      complete();
      Object.assign(process.env, {
        AWS_ENDPOINT_URL: NOBODY,
        AWS_ACCESS_KEY_ID: "a",
        AWS_SECRET_ACCESS_KEY: "b",
      });
      const order = sampleOrder();
      const input = { ...order, runnerClass: { ...order.runnerClass, type } };
      await expect(handle(name, input)).rejects.toMatchObject({ name: "InvalidInputError" });
    },
  );
});

it("starts in each subnet once, also where one is named twice", () => {
  complete();
  const { fleetSettings } = load("fleet-settings") as unknown as typeof import("./fleet-settings");
  const env = {
    ...Object.fromEntries(EC2.map((name) => [name, "x"])),
    subnetIds: "subnet-1,subnet-2,subnet-1",
  };
  expect(fleetSettings(env as never).subnetIds).toEqual(["subnet-1", "subnet-2"]);
});
