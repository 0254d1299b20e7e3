import { DeploymentDouble, NOW } from "../testing/deployment-double";
import { attempt, MICROVM_CLASS, order, QUEUED, runner } from "../testing/items";

const IMAGE_ARN = "arn:aws:lambda:us-east-1:111122223333:microvm-image:gitlab-runners-2048-1";
const IMAGE = { imageArn: IMAGE_ARN, imageVersion: "3.0" };
const VM = "microvm-0123";

const world = (): DeploymentDouble => {
  const made = new DeploymentDouble();
  made.setParameter("AccessToken", "glpat-secret-of-ours");
  made.mapping.put({ pk: "job#image", sk: "tags#vm", type: "MICROVM", class: "vm" });
  made.mapping.put({ pk: "class#vm", sk: "class", type: "MICROVM" });
  return made;
};
const publish = (on: DeploymentDouble): DeploymentDouble => {
  on.setParameter("microvm/2048", JSON.stringify(IMAGE), "String");
  return on;
};

describe("explain of a job that gets a MicroVM", () => {
  const explain = (on: DeploymentDouble, ...more: readonly string[]) =>
    on.run(["explain", "--project", "42", "--job", "image", "--tags", "vm", ...more]);

  it("shows size, executor, image, fallback and price", async () => {
    const { exitCode, out } = await explain(publish(world()));
    expect(exitCode).toBe(0);
    expect(out).toMatch(/runner +MicroVM\n/);
    expect(out).toMatch(/size +2048 MiB, 1 vCPU \(arm64\)/);
    expect(out).toMatch(/executor +docker, inside the VM; \S*debian:13-slim for jobs that name no image/);
    expect(out).toMatch(/VM's image +gitlab-runners-2048-1, version 3\.0/);
    expect(out).toMatch(/fallback +none: where no MicroVM is to be had, jobs wait/);
    // An hour of 1 vCPU at 0.0000276944 and 2 GB at 0.0000036667 USD a second; 2 GB of snapshot at 0.00155 USD.
    expect(out).toMatch(/price +\$0\.126 an hour, and \$0\.00310 for the launch at the most/);
    expect(out).toMatch(/waits for +nothing: it would start at once/);
  });

  it("shows the fallback and what is kept, where the class has them", async () => {
    const on = publish(world());
    on.mapping.put({
      ...{ pk: "class#vm", sk: "class", type: "MICROVM", memoryMiB: 2048, executor: "shell" },
      ...{ fallback: "EC2", keepOnFailure: 30 },
    });
    const { out } = await explain(on);
    expect(out).toMatch(/executor +shell: jobs run in the VM itself/);
    expect(out).toMatch(/fallback +EC2, its class default/);
    expect(out).toMatch(/kept +the VM of a job that failed, 30 min, but for jobs on protected refs/);
    const { image, provider, fallback } = JSON.parse((await explain(on, "--json")).out);
    expect([image, provider, fallback.runnerClass.type]).toEqual([IMAGE, "MICROVM", "EC2"]);
  });

  it("says that containers are privileged, where they are", async () => {
    const on = publish(world());
    on.mapping.put({ pk: "class#vm", sk: "class", type: "MICROVM", privileged: true, fallback: "EC2" });
    const { out } = await explain(on);
    expect(out).toMatch(/executor +docker, inside the VM, privileged containers; \S*debian:13-slim/);
    expect(out).toMatch(/fallback +EC2, its class default, privileged containers, where/);
    const { runnerClass } = JSON.parse((await explain(on, "--json")).out);
    expect(runnerClass.microVm).toMatchObject({ privileged: true });
  });

  it("never says that it would start where no image of its size is published, unless it may fall back", async () => {
    const on = world();
    const alone = await explain(on);
    expect([alone.exitCode, alone.out]).toEqual([
      1,
      expect.stringContaining("none of 2048 MiB is published"),
    ]);
    expect(alone.out).toContain("it would fail to start, for the image of its VM is not there");
    on.mapping.put({ pk: "class#vm", sk: "class", type: "MICROVM", fallback: "EC2" });
    expect((await explain(on)).exitCode).toBe(0);
  });

  it("does not know what another region asks", async () => {
    const on = publish(world());
    const stack = on.stacks.get("gitlab-runners-autoscaler");
    if (stack) stack.StackId = stack.StackId.replace("us-east-1", "eu-west-1");
    expect((await explain(on)).out).toMatch(/price +unknown: no price of MicroVMs in eu-west-1/);
  });
});

describe("why of a job on a MicroVM", () => {
  const launched = { resourceId: VM, microVmImage: { ...IMAGE, executionRoleArn: "arn:role" } };
  const ended = {
    state: "ENDED",
    outcome: "failed",
    times: { RUNNING: QUEUED, ENDED: NOW - 60_000 },
  } as const;
  const kept = (until: number) => {
    const on = world();
    on.putLedger(attempt(7, { ...ended, resourceId: VM, pricePerHour: 0.126, cost: 0.01 }, MICROVM_CLASS));
    const gone = { state: "GONE", recordDeletedAt: NOW, keptUntil: until } as const;
    on.putLedger(runner(7, { ...launched, ...gone }, MICROVM_CLASS));
    return on;
  };

  it("tells provider, size, image and its version, price and id", async () => {
    const on = world();
    on.putLedger(attempt(7, { resourceId: VM, pricePerHour: 0.126, priceSource: "table" }, MICROVM_CLASS));
    on.putLedger(runner(7, launched, MICROVM_CLASS));
    const { out } = await on.run(["why", "7"]);
    expect(out).toMatch(/1 +LAUNCHED +MICROVM +default +– +\$0\.126\/h \(dated table\)/);
    expect(out).toContain("Its MicroVM: 2048 MiB, 1 vCPU (arm64), gitlab-runners-2048-1, version 3.0.");
    expect(out).toContain(`runner launched (${VM})`);
    const { attempts } = JSON.parse((await on.run(["why", "7", "--json"])).out);
    expect(attempts).toMatchObject([
      { provider: "MICROVM", microVm: { memoryMiB: 2048 }, runner: { microVmImage: IMAGE, resourceId: VM } },
    ]);
    expect(JSON.stringify(attempts)).not.toContain("arn:role");
  });

  it.each([
    ["rate", "more started at once than MicroVMs may"],
    ["capacity", "AWS had no capacity"],
    ["limit", "the account's quota was used up"],
    ["configuration", "there is no image of its size that can run"],
  ] as const)("tells that it fell back on %s", async (fallbackBy, words) => {
    const on = world();
    on.putLedger(attempt(7, { order: { ...order(7), fallbackBy } }));
    expect((await on.run(["why", "7"])).out).toContain(`It fell back from a MicroVM to LAMBDA: ${words}`);
    const { attempts } = JSON.parse((await on.run(["why", "7", "--json"])).out);
    expect(attempts).toMatchObject([{ fallbackBy, provider: "LAMBDA" }]);
  });

  it("tells of a VM that is kept how to get a shell in it, until when, and at what price", async () => {
    const on = kept(NOW + 1_800_000);
    const { out } = await on.run(["why", "7"]);
    expect(out).toContain(`Its MicroVM ${VM} is kept, suspended, until 2026-11-25 12:30:00 (UTC)`);
    // 2 GB at 0.0038 USD, at 0.08 USD a month of 730 hours, at 0.00155 USD.
    expect(out).toContain("$0.00760 once and $0.000219 an hour; resumed, $0.00310 once and $0.126 an hour");
    const shell = [
      `aws lambda-microvms resume-microvm --region us-east-1 --microvm-identifier ${VM}`,
      `aws lambda-microvms create-microvm-shell-auth-token --region us-east-1 --microvm-identifier ${VM} --expiration-in-minutes 30`,
    ];
    for (const command of shell) expect(out).toContain(`\n  ${command}`);
    expect(JSON.parse((await on.run(["why", "7", "--json"])).out).kept).toMatchObject({
      ...{ resourceId: VM, until: "2026-11-25T12:30:00.000Z", isOver: false, shell },
    });
    expect(on.writes()).toEqual([]);
  });

  it("names no command once that time is over", async () => {
    const { out } = await kept(NOW).run(["why", "7"]);
    expect(out).toContain(`Its MicroVM ${VM} was kept until 2026-11-25 12:00:00 (UTC).`);
    expect(out).not.toContain("aws lambda-microvms");
  });

  it("says of one that its own tags chose what they chose", async () => {
    const on = world();
    on.putLedger(attempt(7, { order: { ...order(7, MICROVM_CLASS), chosenByTags: true } }, MICROVM_CLASS));
    expect((await on.run(["why", "7"])).out).toContain(
      "Its tags asked for it: a MicroVM of 2048 MiB, 1 vCPU",
    );
  });
});

describe("status of a deployment with MicroVMs", () => {
  it("counts them by state, and lists those that are kept now", async () => {
    const on = world();
    on.putLedger(runner(1, { state: "STARTING", resourceId: "microvm-1" }, MICROVM_CLASS));
    on.putLedger(runner(2, { state: "BUSY", resourceId: "microvm-2", pricePerHour: 0.126 }, MICROVM_CLASS));
    on.putLedger(runner(3, { state: "BUSY", resourceId: "i-3" }));
    const gone = { state: "GONE", recordDeletedAt: NOW } as const;
    on.putLedger(runner(4, { ...gone, resourceId: "microvm-4", keptUntil: NOW + 60_000 }, MICROVM_CLASS));
    on.putLedger(runner(5, { ...gone, resourceId: "microvm-5", keptUntil: NOW }, MICROVM_CLASS));
    // Its record in GitLab is still to be deleted.
    const record = { state: "GONE", resourceId: "microvm-6", keptUntil: NOW + 60_000 } as const;
    on.putLedger(runner(6, record, MICROVM_CLASS));
    const { out } = await on.run(["status"]);
    expect(out).toContain("MicroVMs: 1 starting, 1 busy, 0 ending, 2 kept");
    expect(out).toMatch(/4 +unit tests +microvm-4 +2026-11-25 12:01:00/);
    expect(out).not.toContain("microvm-5");
    const { microVms } = JSON.parse((await on.run(["status", "--json"])).out);
    expect(microVms).toMatchObject({ starting: 1, busy: 1, ending: 0 });
    const ids = microVms.kept.map(({ resourceId }: { readonly resourceId: string }) => resourceId);
    expect(ids.sort()).toEqual(["microvm-4", "microvm-6"]);
  });

  it("says nothing of them where there are none", async () => {
    expect((await world().run(["status"])).out).not.toContain("MicroVM");
  });
});
