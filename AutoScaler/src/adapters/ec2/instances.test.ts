import { ConfigurationError, TransientError } from "../../../../Core/errors";
import { ec2Double, ec2Error } from "../../testing/doubles/ec2-double";
import { ec2Instances } from "./instances";

const STACK = "gitlab-runners-infrastructure";

const withInstance = (id: string, tags: Readonly<Record<string, string>>, state = "running") => {
  const ec2 = ec2Double();
  const add = (instanceId: string, of: Readonly<Record<string, string>>, name = "running") =>
    ec2.instances.set(instanceId, {
      InstanceId: instanceId,
      State: { Name: name as "running" },
      LaunchTime: new Date(1_764_072_000_000),
      Tags: Object.entries(of).map(([Key, Value]) => ({ Key, Value })),
    });
  add(id, tags, state);
  return { ec2, add, instances: ec2Instances(ec2, { deploymentId: STACK }) };
};

describe("list", () => {
  it("T-16: shows instances of this deployment only, with the job that they were launched for", async () => {
    const { add, instances } = withInstance("i-1", { "glr:stack": STACK, "glr:job": "3580121225-2" });
    add("i-2", { "glr:stack": "another", "glr:job": "1-1" });
    add("i-3", { Name: `${STACK} runner` });
    expect(await instances.list()).toEqual({
      items: [
        {
          instanceId: "i-1",
          state: "running",
          launchedAt: 1_764_072_000_000,
          jobId: 3_580_121_225,
          attempt: 2,
        },
      ],
    });
  });

  it.each(["", "x", "1", "1-", "-1", "0-1", "1-0", "1-1-1", "12345678901234567-1", "1-1 ", "١-١"])(
    "F-51: shows an instance whose job tag %j says nothing, without a job",
    async (tag) => {
      const { instances } = withInstance("i-1", { "glr:stack": STACK, "glr:job": tag });
      const { items } = await instances.list();
      expect(items).toEqual([{ instanceId: "i-1", state: "running", launchedAt: 1_764_072_000_000 }]);
    },
  );

  it.each(["pending", "running", "stopping", "stopped", "shutting-down", "terminated"])(
    "F-38 P-19: includes %s instances",
    async (state) => {
      const { instances } = withInstance("i-1", { "glr:stack": STACK }, state);
      expect((await instances.list()).items).toMatchObject([{ state }]);
    },
  );

  it("leaves out an instance in a state that EC2 has not had so far, and shows the others", async () => {
    const { add, instances } = withInstance("i-1", { "glr:stack": STACK }, "hibernating");
    add("i-2", { "glr:stack": STACK });
    expect((await instances.list()).items).toMatchObject([{ instanceId: "i-2" }]);
  });

  it("P-19: reads all pages", async () => {
    const { add, instances } = withInstance("i-0", { "glr:stack": STACK });
    for (let index = 1; index < 1_200; index += 1) add(`i-${index}`, { "glr:stack": STACK });
    const seen: string[] = [];
    let next: string | undefined;
    do {
      const page = await instances.list(next);
      seen.push(...page.items.map(({ instanceId }) => instanceId));
      next = page.next;
    } while (next !== undefined);
    expect(new Set(seen).size).toBe(1_200);
  });
});

describe("describe", () => {
  it("F-35: gives nothing for an instance that EC2 does not show", async () => {
    const { ec2, instances } = withInstance("i-1", { "glr:stack": STACK });
    expect(await instances.describe("i-2")).toBeUndefined();
    ec2.isVisible = false;
    expect(await instances.describe("i-1")).toBeUndefined();
  });

  it("T-16: gives nothing for an instance of somebody else's", async () => {
    const { instances } = withInstance("i-1", { "glr:stack": "another" });
    expect(await instances.describe("i-1")).toBeUndefined();
  });

  it("F-38: tells a stopped one", async () => {
    const { instances } = withInstance("i-1", { "glr:stack": STACK }, "stopped");
    expect(await instances.describe("i-1")).toMatchObject({ instanceId: "i-1", state: "stopped" });
  });

  it.each([
    [
      { StateReason: { Code: "Server.SpotInstanceTermination", Message: "" } },
      "Server.SpotInstanceTermination",
    ],
    [
      { StateReason: { Code: "Client.VolumeLimitExceeded", Message: "Volume limit exceeded" } },
      "Client.VolumeLimitExceeded: Volume limit exceeded",
    ],
    [
      {
        StateReason: {
          Code: "Client.InstanceInitiatedShutdown",
          Message: "Client.InstanceInitiatedShutdown: Instance initiated shutdown",
        },
        StateTransitionReason: "",
      },
      "Client.InstanceInitiatedShutdown: Instance initiated shutdown",
    ],
    [{ StateTransitionReason: "User initiated (2026-11-25)" }, "User initiated (2026-11-25)"],
    [{ StateTransitionReason: "" }, undefined],
  ])("F-38: tells why it ended: %j", async (fields, stateReason) => {
    const { ec2, instances } = withInstance("i-1", { "glr:stack": STACK }, "terminated");
    const instance = ec2.instances.get("i-1");
    if (instance) Object.assign(instance, fields);
    expect((await instances.describe("i-1"))?.stateReason).toBe(stateReason);
  });
});

describe("the console", () => {
  const LINE = "[ 41.2] cloud-init[16]: glr: not installed: wrong-checksum\r\n";

  it.each([
    ["as posted at its end", { posted: LINE }],
    ["as it is now, where none was posted", { posted: "Booting\n", latest: LINE }],
  ])("F-79: tells why an installation failed, %s", async (_how, console) => {
    const { ec2, instances } = withInstance("i-1", { "glr:stack": STACK }, "terminated");
    Object.assign(ec2.console, console);
    expect(await instances.installFailure("i-1")).toBe("wrong-checksum");
  });

  it("tells nothing while it is empty, or its instance is not there", async () => {
    const { ec2, instances } = withInstance("i-1", { "glr:stack": STACK }, "terminated");
    expect(await instances.installFailure("i-1")).toBeUndefined();
    ec2.getConsoleOutput = async () => Promise.reject(ec2Error("InvalidInstanceID.NotFound"));
    expect(await instances.installFailure("i-1")).toBeUndefined();
  });
});

describe("terminate", () => {
  it("F-39: ends an instance, and takes one that is not there for ended", async () => {
    const { ec2, instances } = withInstance("i-1", { "glr:stack": STACK });
    await instances.terminate("i-1");
    expect(ec2.instances.get("i-1")?.State?.Name).toBe("shutting-down");
    await expect(instances.terminate("i-404")).resolves.toBeUndefined();
  });

  it.each([
    ["RequestLimitExceeded", 503, TransientError],
    ["InternalError", 500, TransientError],
    ["OperationNotPermitted", 400, ConfigurationError],
    ["UnauthorizedOperation", 403, ConfigurationError],
  ])("F-39: throws for %s what the workflow knows", async (code, status, expected) => {
    const { ec2, instances } = withInstance("i-1", { "glr:stack": STACK });
    ec2.terminateInstances = async () => Promise.reject(ec2Error(code, status));
    const error: Error = await instances.terminate("i-1").catch((thrown) => thrown);
    expect(error).toBeInstanceOf(expected);
    expect(error.message).toContain(code);
    expect(error.cause).toBeDefined();
  });
});
