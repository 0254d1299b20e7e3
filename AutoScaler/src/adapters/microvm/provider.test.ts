import type { BootstrapRow } from "../../../../Core/model/bootstrap-row";
import type { StartedRunner } from "../../../../Core/model/ledger";
import { MAX_PAYLOAD_BYTES } from "../../../../Core/model/microvm-payload";
import { providerContract } from "../../testing/contracts/launch-contract";
import { SAMPLE_IMAGE, sampleOrder, sampleRow, sampleRunner } from "../../testing/contracts/samples";
import { fakeClock } from "../../testing/fakes";
import type { RunMicrovmCommandInput } from "./client";
import { microVmProvider } from "./provider";

const order = sampleOrder();
const { ec2: _, ...base } = order.runnerClass;
const runner: Partial<StartedRunner> = {
  provider: "MICROVM",
  microVmImage: SAMPLE_IMAGE,
  order: {
    ...order,
    runnerClass: {
      ...base,
      type: "MICROVM",
      lifetimeSeconds: 3_600,
      waitTimeoutSeconds: 60,
      microVm: { memoryMiB: 2048, executor: "docker", image: "alpine:3.22" },
    },
  },
};
const stored = (more: Partial<StartedRunner> = {}): StartedRunner =>
  sampleRunner({ runnerId: 9001, launchedFor: { jobId: 12, attempt: 2 }, ...runner, ...more });

const failure = (name: string): Error => Object.assign(new Error(name), { name });

const prepare = ({
  row = {},
  errors = [],
  deploymentId = "gitlab-runners-infrastructure",
}: {
  readonly row?: Partial<BootstrapRow> | undefined;
  readonly errors?: Error[];
  readonly deploymentId?: string;
} = {}) => {
  const calls: RunMicrovmCommandInput[] = [];
  const clock = fakeClock();
  const client = {
    runMicrovm: async (input: RunMicrovmCommandInput) => {
      calls.push(input);
      const error = errors.shift();
      if (error !== undefined) throw error;
      return { $metadata: {}, microvmId: "microvm-1" } as never;
    },
  };
  const rows = { read: async (key: string) => (row ? { ...sampleRow(key), ...row } : undefined) };
  const provider = microVmProvider({ client, rows, deploymentId, clock });
  return { provider, calls, clock, runner, sent: () => calls.map((call) => JSON.stringify(call)) };
};

beforeEach(() => {
  jest.spyOn(process.stdout, "write").mockReturnValue(true);
});
afterEach(() => {
  jest.restoreAllMocks();
});

describe("microVmProvider", () => {
  providerContract(() => prepare());

  it("T-27 T-28 I-23: asks for what nobody reaches, nothing suspends and its own end stops", async () => {
    const { provider, calls } = prepare();
    expect(await provider.launch(stored())).toEqual({ kind: "launched", resourceId: "microvm-1" });
    const { runHookPayload, ...request } = calls[0] ?? {};
    expect(request).toEqual({
      imageIdentifier: SAMPLE_IMAGE.imageArn,
      imageVersion: "3.0",
      clientToken: "gitlab-runners-infrastructure-12-2-0",
      maximumDurationInSeconds: 4_860,
      ingressNetworkConnectors: [
        "arn:aws:lambda:eu-west-1:aws:network-connector:aws-network-connector:NO_INGRESS",
      ],
      executionRoleArn: SAMPLE_IMAGE.executionRoleArn,
      logging: { cloudWatch: { logGroup: "/microvms" } },
    });
    expect(JSON.parse(runHookPayload ?? "")).toEqual({
      url: "https://gitlab.example.com",
      token: "glrt-sample",
      runnerId: 9001,
      executor: "docker",
      image: "alpine:3.22",
      lifetimeSeconds: 3_600,
      waitTimeoutSeconds: 60,
      deletesOwnRecord: false,
    });
  });

  it("T-36: hands over that containers are privileged where the class says so", async () => {
    const { provider, calls } = prepare();
    const { order: asked } = stored();
    const microVm = { memoryMiB: 2048, executor: "docker", image: "alpine:3.22", privileged: true } as const;
    await provider.launch(stored({ order: { ...asked, runnerClass: { ...asked.runnerClass, microVm } } }));
    expect(JSON.parse(calls[0]?.runHookPayload ?? "")).toMatchObject({
      executor: "docker",
      privileged: true,
    });
  });

  it("names the partition and the region of its image", async () => {
    const { provider, calls } = prepare();
    const imageArn = "arn:aws-us-gov:lambda:us-gov-west-1:123456789012:microvm-image:gitlab-runners-2048";
    await provider.launch(stored({ microVmImage: { imageArn, imageVersion: "1.0" } }));
    expect(calls[0]).toMatchObject({
      ingressNetworkConnectors: [
        "arn:aws-us-gov:lambda:us-gov-west-1:aws:network-connector:aws-network-connector:NO_INGRESS",
      ],
      logging: { disabled: {} },
    });
    expect(calls[0]).not.toHaveProperty("executionRoleArn");
  });

  it.each([
    [false, 30, "SHELL_INGRESS"],
    [false, undefined, "NO_INGRESS"],
    [true, 30, "NO_INGRESS"],
    [undefined, 30, "NO_INGRESS"],
  ])(
    "T-27 T-35: lets in a shell, and nothing else, where the VM may be kept: protected %s, minutes %s",
    async (onProtectedRef, keepOnFailureMinutes, connector) => {
      const { provider, calls } = prepare();
      const { order: whole } = stored();
      const runnerClass = { ...whole.runnerClass, ...(keepOnFailureMinutes ? { keepOnFailureMinutes } : {}) };
      const order = { ...whole, runnerClass, ...(onProtectedRef === undefined ? {} : { onProtectedRef }) };
      await provider.launch(stored({ order }));
      expect(calls[0]?.ingressNetworkConnectors).toEqual([
        `arn:aws:lambda:eu-west-1:aws:network-connector:aws-network-connector:${connector}`,
      ]);
    },
  );

  it("I-23: may be kept for as long after its job as its class says", async () => {
    const { provider, calls } = prepare();
    const { order: whole } = stored();
    const runnerClass = { ...whole.runnerClass, keepOnFailureMinutes: 30 };
    await provider.launch(stored({ order: { ...whole, runnerClass, onProtectedRef: false } }));
    expect(calls[0]?.maximumDurationInSeconds).toBe(4_860 + 30 * 60);
  });

  it("I-23: asks for no more than Lambda's eight hours", async () => {
    const { provider, calls } = prepare();
    const { order: whole } = stored();
    const long = { ...whole, runnerClass: { ...whole.runnerClass, lifetimeSeconds: 28_800 } };
    await provider.launch(stored({ order: long }));
    expect(calls[0]?.maximumDurationInSeconds).toBe(28_800);
  });

  it("I-18: has another token in each round, of 128 characters at most", async () => {
    const { provider, calls } = prepare({ deploymentId: "d".repeat(128) });
    for (const launchRound of [0, 1]) await provider.launch(stored({ launchRound }));
    const tokens = calls.map(({ clientToken = "" }) => clientToken);
    expect(new Set(tokens).size).toBe(2);
    for (const token of tokens) expect(token).toMatch(/^[\x21-\x7e]{1,128}$/);
  });

  const cache = (length: number) => ({
    bucket: "b",
    region: "eu-west-1",
    path: "protected" as const,
    accessKeyId: "id",
    secretAccessKey: "secret",
    sessionToken: "s".repeat(length),
  });

  it.each([
    [1_000, true],
    [4_000, false],
  ])("hands a cache over whose credentials have %d characters: %s", async (length, isThere) => {
    const { provider, calls } = prepare({ row: { cache: cache(length) } });
    await provider.launch(stored());
    const text = calls[0]?.runHookPayload ?? "";
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(MAX_PAYLOAD_BYTES);
    expect("cache" in JSON.parse(text)).toBe(isThere);
  });

  it("refuses what is too long without a cache", async () => {
    const { provider, calls } = prepare({ row: { url: `https://${"g".repeat(5_000)}` } });
    expect(await provider.launch(stored())).toMatchObject({ kind: "refused", refusal: "configuration" });
    expect(calls).toEqual([]);
  });

  it("F-42: refuses where its size has no image, with two ways out", async () => {
    const { microVmImage: __, ...without } = stored();
    expect(await prepare().provider.launch(without)).toEqual({
      kind: "refused",
      refusal: "configuration",
      reason: "microvm-image-missing",
      message: expect.stringMatching(
        /deploy MicroVmRunner with the size 2048, or give the class a "fallback"/,
      ),
    });
  });

  it("I-13: refuses where its row is gone: nobody else has the token", async () => {
    const { provider, calls } = prepare({ row: undefined });
    const gone = microVmProvider({
      client: { runMicrovm: async () => Promise.reject(new Error("called")) },
      rows: { read: async () => undefined },
      deploymentId: "d",
      clock: fakeClock(),
    });
    expect(await gone.launch(stored())).toMatchObject({ refusal: "configuration" });
    expect([provider.find !== undefined, calls]).toEqual([true, []]);
  });

  it.each([
    ["ServiceQuotaExceededException", "limit", undefined],
    ["InsufficientCapacityException", "capacity", undefined],
    ["ConflictException", "other", undefined],
    ["ValidationException", "configuration", undefined],
    ["ResourceNotFoundException", "configuration", "microvm-image-missing"],
  ])("F-43: on %s is refused: %s", async (name, refusal, reason) => {
    const launch = await prepare({ errors: [failure(name)] }).provider.launch(stored());
    expect(launch).toMatchObject({ kind: "refused", refusal, ...(reason ? { reason } : {}) });
  });

  it("F-33: repeats a throttled call four times within seconds, and is refused then", async () => {
    const throttled = (times: number) => Array.from({ length: times }, () => failure("ThrottlingException"));
    const some = prepare({ errors: throttled(4) });
    const begun = some.clock.now();
    expect(await some.provider.launch(stored())).toMatchObject({ kind: "launched" });
    expect(new Set(some.sent()).size).toBe(1);
    // Four pauses of at most a second each.
    expect(some.clock.now() - begun).toBeLessThanOrEqual(4_000);
    const always = prepare({ errors: throttled(5) });
    expect(await always.provider.launch(stored())).toMatchObject({ kind: "refused", refusal: "rate" });
    expect(always.calls).toHaveLength(5);
  });

  it.each(["InternalServerException", "TimeoutError", "SomethingNewException"])(
    "I-19: on %s says that a VM may have been launched",
    async (name) => {
      const { provider } = prepare({ errors: [failure(name)] });
      await expect(provider.launch(stored())).rejects.toMatchObject({ name: "TransientError" });
    },
  );

  it("F-43: calls once more where a new role's rights are not known everywhere yet, and then they are missing", async () => {
    const denied = () => failure("AccessDeniedException");
    const once = prepare({ errors: [denied()] });
    expect(await once.provider.launch(stored())).toMatchObject({ kind: "launched" });
    expect(once.sent()[1]).toBe(once.sent()[0]);
    const always = prepare({ errors: [denied(), denied()] });
    expect(await always.provider.launch(stored())).toMatchObject({
      refusal: "configuration",
      message: expect.stringContaining("start-microvm-runner"),
    });
  });

  it("I-19: has no way but the token to find what was launched", async () => {
    expect(await prepare().provider.find(stored())).toBeUndefined();
  });
});
