import type { StoredRow } from "./mapping-state";
import { parseRoutingSettings, route } from "./routing";

const ARN = "arn:aws:lambda:eu-west-1:111122223333:function:runner";
const STACK = parseRoutingSettings({
  DEFAULT_ARCHITECTURE: "arm64",
  INSTANCE_TYPES_ARM64: "m7g.large",
  INSTANCE_TYPES_X86_64: "m7i.large",
  DISK_GIB: "30",
  EC2_MAX_LIFETIME_SECONDS: "7200",
  DEFAULT_RUNNER_ARN: ARN,
});
const classRow = (fields: Record<string, unknown>): StoredRow => ({
  pk: "class#vm",
  sk: "class",
  type: "MICROVM",
  ...fields,
});
const routeOf = (rows: readonly StoredRow[], tags: readonly string[] = []) =>
  route(
    { projectId: 42, name: "build", tags, verified: true },
    async (pk) => rows.filter((row) => row.pk === pk),
    STACK,
  );
const ROW: StoredRow = { pk: "job#build", sk: "tags#", type: "MICROVM" };
const VM_ROW: StoredRow = { ...ROW, class: "vm" };

describe("a job that a MicroVM runs", () => {
  it("by its row gets the built-in class: 2 GiB, docker, no fallback", async () => {
    const decided = await routeOf([ROW]);
    expect(decided).toMatchObject({
      kind: "route",
      provider: "MICROVM",
      runnerClass: {
        name: "default",
        lifetimeSeconds: 7_200,
        microVm: {
          memoryMiB: 2048,
          executor: "docker",
          image: "public.ecr.aws/docker/library/debian:13-slim",
        },
      },
    });
    expect(decided).not.toHaveProperty("fallback");
  });

  it("by the tag aws:microvm gets what the mapping's class default says", async () => {
    const row = { pk: "class#default", sk: "class", MICROVM: { memoryMiB: 512, fallback: "EC2" } };
    expect(await routeOf([row], ["aws:microvm"])).toMatchObject({
      provider: "MICROVM",
      runnerClass: { fallback: "EC2", microVm: { memoryMiB: 512, executor: "docker" } },
      fallback: { runnerClass: { type: "EC2", name: "default", ec2: { instanceTypes: ["m7g.large"] } } },
      why: { code: "job-tags" },
    });
  });

  it.each([
    ["EC2", 28_800, 7_200],
    ["EC2", 900, 900],
    ["LAMBDA", 28_800, 900],
  ])(
    "falls back to %s for as long as its class says, where that may live so long: %d s, %d s",
    async (fallback, lifetimeSeconds, expected) => {
      const decided = await routeOf([VM_ROW, classRow({ fallback, lifetimeSeconds })]);
      expect(decided).toMatchObject({
        fallback: {
          runnerClass: { type: fallback, lifetimeSeconds: expected },
          ...(fallback === "LAMBDA" ? { functionArn: ARN } : {}),
        },
      });
    },
  );

  it("I-27: fails where its fallback is the Lambda runner of a deployment that has none", async () => {
    const { defaultRunnerArn: _, ...stack } = STACK;
    const rows = [VM_ROW, classRow({ fallback: "LAMBDA" })];
    const job = { projectId: 42, name: "build", tags: [], verified: true };
    expect(await route(job, async (pk) => rows.filter((row) => row.pk === pk), stack)).toMatchObject({
      kind: "failed",
      why: { code: "bad-row", sentence: expect.stringContaining("falls back to LAMBDA") },
    });
  });

  it.each([
    [{ memoryMiB: 600 }, "has a memoryMiB that cannot be: it must be one of 512, 1024, 2048, 4096, 8192"],
    [{ executor: "kubernetes" }, "has a executor that cannot be"],
    [{ image: "a b" }, "has a image that cannot be"],
    [{ fallback: "MICROVM" }, "has a fallback that cannot be"],
    [{ privileged: "yes" }, "has a privileged that cannot be"],
    [
      { privileged: true, executor: "shell" },
      'has "privileged", which is for the executor docker: leave it out, or the executor shell',
    ],
    [
      { privileged: true, fallback: "LAMBDA" },
      'has "privileged" and falls back to LAMBDA, which has no containers: let it fall back to EC2, or leave one out',
    ],
    [{ keepOnFailure: 61 }, "has a keepOnFailure that cannot be"],
    [{ lifetimeSeconds: 28_801 }, "has a lifetimeSeconds that cannot be"],
    [{ instanceTypes: ["m7g.large"] }, "has instanceTypes, which a MICROVM class cannot have"],
    [{ type: "EC2", memoryMiB: 512 }, "has memoryMiB, which a EC2 class cannot have"],
  ])("fails by a class row with %j", async (fields, problem) => {
    expect(await routeOf([VM_ROW, classRow(fields)])).toMatchObject({
      kind: "failed",
      why: { sentence: expect.stringContaining(problem) },
    });
  });

  it("is in a container that may build images where its class says so, and nowhere else", async () => {
    expect(await routeOf([VM_ROW, classRow({ privileged: true })])).toMatchObject({
      runnerClass: { microVm: { privileged: true } },
    });
    for (const fields of [{}, { privileged: false }, { privileged: false, executor: "shell" }])
      expect(await routeOf([VM_ROW, classRow(fields)])).not.toHaveProperty("runnerClass.microVm.privileged");
  });

  it("may still build images where it falls back to EC2", async () => {
    const of = async (fields: Record<string, unknown>) =>
      routeOf([VM_ROW, classRow({ fallback: "EC2", ...fields })]);
    expect(await of({ privileged: true })).toMatchObject({
      fallback: { runnerClass: { ec2: { privileged: true } } },
    });
    expect(await of({})).toMatchObject({ fallback: { runnerClass: { ec2: { privileged: false } } } });
  });

  it("I-27: fails by a privileged class where the class default has the executor shell", async () => {
    const byDefault = { pk: "class#default", sk: "class", MICROVM: { executor: "shell" } };
    expect(await routeOf([byDefault, VM_ROW, classRow({ privileged: true })])).toMatchObject({
      kind: "failed",
      why: { sentence: expect.stringContaining('"privileged", which is for the executor docker') },
    });
  });

  it("keeps the machine of a failed job for as many minutes as its class says", async () => {
    expect(await routeOf([VM_ROW, classRow({ keepOnFailure: 30 })])).toMatchObject({
      runnerClass: { keepOnFailureMinutes: 30 },
    });
  });
});
