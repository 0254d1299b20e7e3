import { recordIndexKey, recordKey } from "../../Core/ledger/keys";
import { poolRecordName, SPOT_POOLS } from "../../Core/ledger/spot-pools";
import { DeploymentDouble, functionArn, NOW } from "../testing/deployment-double";
import { attempt, DOCKER_CLASS, failedLookUp, orphan, QUEUED, runner } from "../testing/items";

const ARN = functionArn("runner");

const world = (): DeploymentDouble => {
  const made = new DeploymentDouble();
  made.setParameter("AccessToken", "glpat-secret-of-ours");
  made.functions.set(functionArn("default"), {
    MemorySize: 1024,
    EphemeralStorage: { Size: 512 },
    Architectures: ["arm64"],
  });
  return made;
};

describe("explain", () => {
  const explain = (on: DeploymentDouble, ...more: readonly string[]) =>
    on.run(["explain", "--project", "42", "--job", "image", "--tags", "docker,arm64", ...more]);

  it("names the runner, the row that decided, why, the price and what it waits for", async () => {
    const on = world();
    on.mapping.put({ pk: "job#image", sk: "tags#arm64#docker", type: "EC2", class: "docker" });
    on.mapping.put({
      pk: "class#docker",
      sk: "class",
      type: "EC2",
      market: "on-demand",
      instanceTypes: ["m7g.large", "c7g.large"],
    });
    const { exitCode, out } = await explain(on);
    expect(exitCode).toBe(0);
    expect(out).toMatch(/class +docker/);
    expect(out).toContain("The row job#image / tags#arm64#docker is for jobs of this name.");
    expect(out).toMatch(/price +\$0.0725 to \$0.0816 an hour on-demand \(dated table, 2026-01-19\)/);
    expect(out).toMatch(/waits for +nothing: it would start at once/);
  });

  it("says of a class for protected refs alone that it is one", async () => {
    const on = world();
    on.mapping.put({ pk: "job#image", sk: "tags#arm64#docker", type: "EC2", class: "docker" });
    on.mapping.put({ pk: "class#docker", sk: "class", type: "EC2", protectedRefsOnly: true });
    const { out } = await explain(on);
    expect(out).toMatch(/refs +jobs on protected branches and tags alone/);
  });

  it("says that a spot price is unknown, and never guesses", async () => {
    const on = world();
    on.mapping.put({ pk: "job#image", sk: "tags#arm64#docker", type: "EC2" });
    const { out } = await explain(on, "--json");
    const { price } = JSON.parse(out);
    expect(price.sentence).toMatch(/^unknown: spot prices change/);
    expect(price).not.toHaveProperty("least");
  });

  it("prices a function by its own size", async () => {
    expect((await explain(world())).out).toMatch(/price +\$0.0480 an hour for 1024 MiB on arm64/);
    const without = world();
    without.functions.clear();
    expect((await explain(without)).out).toMatch(/price +unknown: there is no such function/);
  });

  it("never says that a job would start on a function that is not there", async () => {
    const on = world();
    on.functions.clear();
    const { exitCode, out } = await explain(on);
    expect([exitCode, out]).toEqual([1, expect.stringContaining("it would fail to start")]);
    expect(out).not.toContain("would start at once");
    expect(JSON.parse((await explain(on, "--json")).out)).toMatchObject({ starts: false });
  });

  it("takes a project's path, and says when GitLab does not show it", async () => {
    const on = world();
    on.setParameter("Url", "https://gitlab.example.com", "String");
    const asked: string[] = [];
    on.fetch = async (url) => {
      asked.push(String(url));
      const isKnown = String(url).endsWith("/projects/group%2Fapp");
      return { status: isKnown ? 200 : 404, headers: { get: () => null }, text: async () => '{"id":42}' };
    };
    on.mapping.put({ pk: "project#42#job#image", sk: "tags#arm64#docker", type: "EC2" });
    expect((await explain(on, "--project", "group/app")).out).toContain("project#42#job#image");
    expect(asked[0]).toBe("https://gitlab.example.com/api/v4/projects/group%2Fapp");
    const unknown = await explain(on, "--project", "group/nothing");
    expect([unknown.exitCode, unknown.err]).toEqual([2, expect.stringContaining("group/nothing")]);
  });

  it("I-27 F-15: a row that cannot be used is told and ends with 1", async () => {
    const on = world();
    on.mapping.put({ pk: "job#image", sk: "tags#docker#arm64", type: "FARGATE" });
    const { exitCode, out } = await explain(on);
    expect(exitCode).toBe(1);
    expect(out).toContain(
      'The job would fail to start: The mapping\'s row job#image / tags#docker#arm64 has the unknown type "FARGATE"',
    );
  });

  it("tells what a start would wait for: the switch, the stack's limit, the class's limit", async () => {
    const on = world();
    on.mapping.put({ pk: "job#image", sk: "tags#arm64#docker", type: "EC2", class: "docker" });
    on.mapping.put({ pk: "class#docker", sk: "class", type: "EC2", maxRunners: 3 });
    on.setParameter("Starts", "off", "String");
    on.ledger.put({ pk: "slots#stack", sk: "shard#00", taken: 60 });
    on.ledger.put({ pk: "slots#stack", sk: "shard#01", taken: 40 });
    on.ledger.put({ pk: "slots#EC2#docker", sk: "shard#02", taken: 3 });
    const { out } = await explain(on);
    expect(out).toMatch(
      /waits for +resume: new starts are paused; a slot: the stack has 100 of 100 runners; a slot: the class EC2#docker has 3 of 3/,
    );
  });

  it.each(["created", "running", "success", "manual"])(
    "says that nothing starts for a job that is %s",
    async (status) => {
      expect((await explain(world(), "--status", status)).out).toMatch(/waits for +nothing starts/);
    },
  );

  it("without an access token goes by the name, and says so", async () => {
    const on = world();
    on.parameters.clear();
    on.mapping.put({ pk: "job#image", sk: "tags#other", type: "LAMBDA", arn: ARN });
    const { err, out } = await explain(on);
    expect(err).toContain("There is no AccessToken");
    expect(out).toMatch(/tags +other/);
  });

  it("I-22: goes by the settings' limits, and tells of a project's own", async () => {
    const on = world();
    const settings = { maxRunners: 5, maxRunnersPerClass: 4, maxRunnersPerProject: 2 };
    on.mapping.put({ pk: "settings", sk: "settings", ...settings });
    on.ledger.put({ pk: "slots#project#42", sk: "shard#00", taken: 2 });
    const { out } = await explain(on, "--project", "42");
    expect(out).toMatch(/limit +4 runners of the class, 2 of the project, 5 in all/);
    expect(out).toMatch(/waits for +a slot: project 42 has 2 of 2 runners/);
  });

  it("T-19: says that a project is not served, by its path where the settings list paths", async () => {
    const on = world();
    on.setParameter("Url", "https://gitlab.example.com", "String");
    on.fetch = async () => ({
      status: 200,
      headers: { get: () => null },
      text: async () => JSON.stringify({ id: 42, path_with_namespace: "Group/Sub/App" }),
    });
    const refused = async (projects: readonly unknown[]): Promise<string> => {
      on.mapping.put({ pk: "settings", sk: "settings", projects });
      return (await explain(on, "--project", "42")).out;
    };
    expect(await refused([7])).toContain("No runner: Project 42 is not served");
    expect(await refused(["other/*"])).toContain("No runner: Project 42 (Group/Sub/App) is not served");
    expect(await refused(["group/*"])).toMatch(/why +No row matches/);
  });

  it("UNTAGGED gives the default runner to jobs without tags alone", async () => {
    const on = world();
    on.mapping.put({ pk: "settings", sk: "settings", unmappedJobs: "UNTAGGED" });
    const asked = ["explain", "--project", "42", "--job", "image"];
    expect((await on.run(asked)).out).toMatch(/runner +Lambda function .*default/);
    expect((await on.run([...asked, "--tags", "docker"])).out).toContain(
      'unmapped jobs with tags are ignored ("unmappedJobs" is UNTAGGED)',
    );
  });

  it("leaves unmapped jobs alone under IGNORE, which is no failure", async () => {
    const on = world();
    on.mapping.put({ pk: "settings", sk: "settings", unmappedJobs: "IGNORE" });
    const { exitCode, out } = await explain(on);
    expect(exitCode).toBe(0);
    expect(out).toBe('No runner: No row matches, and unmapped jobs are ignored ("unmappedJobs" is IGNORE).');
  });

  it("F-62: hostile names reach the terminal as plain text on one line", async () => {
    const on = world();
    const name = "a\u001b[2J\u202eb\r\nc";
    on.mapping.put({ pk: `job#${name}`, sk: "tags#", type: "FARGATE" });
    const { out } = await on.run(["explain", "--project", "1", "--job", name]);
    expect(out).toContain("a\\u001b[2J\\u202eb\\u000d\\u000ac");
    for (const character of ["\u001b", "\u202e", "\r"]) expect(out).not.toContain(character);
  });

  it.each([
    [["explain", "--job", "x"]],
    [["explain", "--project", "0", "--job", "x"]],
    [["explain", "--project", "9007199254740993", "--job", "x"]],
    [["explain", "--project", "1", "--job", "x", "--status", "pendnig"]],
    [["explain", "--project", "1", "--job", "x", "--verbose"]],
    [["why"]],
    [["why", "12x"]],
    [["status", "now"]],
    [["explan"]],
    [[]],
  ])("%j is a misuse: exit code 2 and help, no stack trace", async (argv) => {
    const { exitCode, err } = await world().run(argv);
    expect(exitCode).toBe(2);
    expect(err).toMatch(/help/i);
    expect(err).not.toMatch(/\n\s+at /);
  });
});

describe("why", () => {
  it("shows each step with its time, the market, the price and the cost", async () => {
    const on = world();
    const times = { ...attempt(7).times, RUNNING: QUEUED + 5_000, ENDED: QUEUED + 65_000 };
    on.putLedger(
      attempt(
        7,
        {
          state: "ENDED",
          times,
          outcome: "success",
          market: "spot",
          pricePerHour: 0.036,
          cost: 0.0006,
          resourceId: "i-0abc",
        },
        DOCKER_CLASS,
      ),
    );
    on.putLedger(
      runner(7, {
        state: "GONE",
        recordDeletedAt: NOW,
        pausedAt: QUEUED + 5_500,
        times: { ...runner(7).times, GONE: QUEUED + 70_000 },
      }),
    );
    const { exitCode, out } = await on.run(["why", "7"]);
    expect(exitCode).toBe(0);
    expect(out).toMatch(/1 +ENDED +EC2 +docker +spot +\$0.0360\/h +\$0.000600/);
    expect(out).toMatch(/\+1.0 s +1 +claimed/);
    expect(out).toMatch(/\+60.0 s|\+59.5 s|\+1 min 00 s/);
    expect(out).toContain("runner launched (i-0abc)");
    expect(out).toContain("job over (success)");
    expect(out).toContain("The job is over (success). Nothing of it is left.");
  });

  it.each([
    ["WAITING", "slot", "as many runners as allowed"],
    ["WAITING", "starts-on", "resume"],
    ["WAITING", "launch-rate", "AWS, which takes no more launches"],
    ["WAITING", "gitlab", "GitLab, which asked to be left alone"],
    ["CREATED", "launch-rate", "AWS, which takes no more launches"],
  ] as const)("says of one that is %s that it waits for %s", async (state, waitingFor, words) => {
    const on = world();
    on.putLedger(attempt(7, { state, waitingFor, times: { [state]: QUEUED + 1_000 } }));
    expect((await on.run(["why", "7"])).out).toContain(words);
  });

  it("says when GitLab may be asked again", async () => {
    const on = world();
    const notBefore = Date.UTC(2026, 10, 25, 12, 1, 30);
    on.putLedger(
      attempt(7, { state: "WAITING", waitingFor: "gitlab", notBefore, times: { WAITING: QUEUED } }),
    );
    expect((await on.run(["why", "7"])).out).toContain("It is tried next at 2026-11-25 12:01:30 (UTC)");
  });

  it("says what went wrong, over all attempts", async () => {
    const on = world();
    on.putLedger(
      attempt(7, {
        state: "FAILED",
        reason: "configuration",
        detail: "No function",
        times: { FAILED: QUEUED + 2_000 },
      }),
    );
    on.putLedger(attempt(7, { attempt: 2, state: "FAILED", times: { FAILED: QUEUED + 50_000 } }));
    on.putLedger(
      attempt(7, {
        attempt: 3,
        state: "FAILED",
        reason: "launch-refused",
        detail: "Still no function",
        times: { FAILED: QUEUED + 99_000 },
      }),
    );
    const { out } = await on.run(["why", "7"]);
    expect(out).toContain("start failed (a parameter, a mapping row or a permission is wrong: No function)");
    expect(out).toContain(
      "No runner could be started: its launch was refused: Still no function. All 3 attempts are used up.",
    );
    expect(out).toContain("npx runners start 7 --again");
  });

  it("F-15: says what went wrong before it was known which runner the job needs", async () => {
    const on = world();
    on.putLedger(failedLookUp(7));
    const { exitCode, out } = await on.run(["why", "7"]);
    expect(exitCode).toBe(0);
    expect(out).toContain('Job 7 "unit tests" of project 42\n');
    expect(out).toMatch(/1 +FAILED +– +– +– +unknown +unknown/);
    expect(out).toContain(
      "Attempt 1 came to nothing: a parameter, a mapping row or a permission is wrong: The row has no type. Another one follows.",
    );
  });

  it("F-31: says of a runner that is not launched yet what holds it", async () => {
    const on = world();
    on.putLedger(attempt(7, { state: "CREATED", times: { CREATED: QUEUED } }));
    on.putLedger(runner(7, { heldBy: "capacity" }));
    expect((await on.run(["why", "7"])).out).toContain(
      "Its runner is not launched: there was no capacity. Since 2026-11-25 11:55:00 (UTC), 5 min 00 s. It is tried next within a minute.",
    );
  });

  it("F-31 F-37: says what kept its runner from spot, and the remedy", async () => {
    const on = world();
    on.putLedger(attempt(7, { state: "LAUNCHED", times: { CREATED: QUEUED, LAUNCHED: QUEUED + 1_000 } }));
    const restingPools = ["m7g.large/subnet-1"];
    on.putLedger(runner(7, { resourceId: "i-1", restingPools, afterSpotLoss: true, lacksSpotRole: true }));
    const { out } = await on.run(["why", "7"]);
    expect(out).toContain("Spot pools left alone for it, since they failed lately: m7g.large/subnet-1.");
    expect(out).toContain("It asks for on-demand capacity first: spot took back the job's earlier run.");
    expect(out).toContain("aws iam create-service-linked-role --aws-service-name spot.amazonaws.com.");
    const answer = JSON.parse((await on.run(["why", "7", "--json"])).out);
    expect(answer.attempts[0].runner).toMatchObject({
      restingPools,
      afterSpotLoss: true,
      lacksSpotRole: true,
    });
  });

  it("F-37: status lists the spot pools that rest, and no others", async () => {
    const on = world();
    const put = (pool: string, restsUntil: number) => {
      const record = { name: poolRecordName(pool), version: 2, list: SPOT_POOLS };
      const value = {
        failures: [
          { at: NOW, of: "i-1" },
          { at: NOW, of: "i-2" },
        ],
        restsUntil,
      };
      on.ledger.put({ ...recordKey(record.name), ...record, value, ...recordIndexKey(record) });
    };
    put("m7g.large/subnet-1", NOW + 60_000);
    put("m7g.large/subnet-2", NOW);
    const { out } = await on.run(["status"]);
    expect(out).toContain("Spot pools left alone");
    expect(out).toMatch(/m7g\.large\/subnet-1 +2 +2026-11-25 12:01:00/);
    expect(out).not.toContain("subnet-2");
    expect(JSON.parse((await on.run(["status", "--json"])).out).restingPools).toEqual([
      { pool: "m7g.large/subnet-1", failures: 2, restsUntil: "2026-11-25T12:01:00.000Z" },
    ]);
  });

  const twoAttempts = (): DeploymentDouble => {
    const on = world();
    const ran = { RUNNING: QUEUED + 130_000, ENDED: QUEUED + 140_000 };
    const both = { state: "ENDED", ranOnRunnerId: 2_007, outcome: "success" } as const;
    on.putLedger(attempt(7, { ...both, times: { CREATED: QUEUED, FAILED: QUEUED + 60_000, ...ran } }));
    on.putLedger(
      attempt(7, {
        ...both,
        attempt: 2,
        runnerId: 2_007,
        times: { CREATED: QUEUED + 120_000, LAUNCHED: QUEUED + 121_000, ...ran },
      }),
    );
    on.putLedger(runner(7, { state: "GONE", reason: "no-job", times: { GONE: QUEUED + 60_000 } }));
    const second = { BUSY: QUEUED + 130_000, ENDING: QUEUED + 140_000, GONE: QUEUED + 141_000 };
    on.putLedger(
      runner(7, { runnerId: 2_007, state: "GONE", reason: "job-ended", recordDeletedAt: NOW, times: second }),
    );
    return on;
  };

  it("tells each step once, also when an attempt failed before", async () => {
    const { out } = await twoAttempts().run(["why", "7"]);
    const lines = out.split("\n").filter((line) => /^ ?2026/.test(line));
    const steps = lines.map((line) =>
      line.replace(/^ ?\S+ \S+ +(\+[\d.]+ (ms|s|min)( \d+ s)? +)?/, "").replace(/ +/g, " "),
    );
    expect(steps).toEqual([
      "1 job made in GitLab (GitLab's clock)",
      "1 runner created in GitLab (id 1007)",
      "1 start failed",
      "1 runner gone (id 1007): it was launched, and no job came to it",
      "2 runner created in GitLab (id 2007)",
      "2 runner launched",
      "2 job running",
      "2 runner busy (id 2007)",
      "2 job over (success)",
      "2 runner ending (id 2007)",
      "2 runner gone (id 2007)",
    ]);
  });

  it("--json is one document of codes, numbers and ISO 8601 times, without the ledger's book-keeping", async () => {
    const on = world();
    const created = { CLAIMED: QUEUED + 1_000, CREATED: QUEUED + 2_000 };
    on.putLedger(attempt(7, { state: "CREATED", times: created }, DOCKER_CLASS));
    on.putLedger(
      runner(
        7,
        {
          heldBy: "limit",
          heldSince: QUEUED + 3_000,
          detail: "MaxSpotInstanceCountExceeded: 0",
          slot: { stackShard: 1, classShard: 2 },
          times: { STARTING: QUEUED + 2_000, CREATED: QUEUED + 2_000 },
        },
        DOCKER_CLASS,
      ),
    );
    const { out } = await on.run(["why", "7", "--json"]);
    const text =
      "Its runner is not launched: the account's limit at AWS is reached: MaxSpotInstanceCountExceeded: 0. Since 2026-11-25 11:55:03 (UTC), 4 min 57 s. It is tried next within a minute. Ask AWS for more (Service Quotas names the limit), or lower maxRunners in the mapping's settings so that jobs wait for a slot.";
    expect(JSON.parse(out)).toEqual({
      jobId: 7,
      projectId: 42,
      jobName: "unit tests",
      tags: ["a", "b"],
      queuedAt: "2026-11-25T11:55:00.000Z",
      cost: 0,
      costSources: [],
      estimates: { storage: 0, publicIpv4: 0, tenantIsolation: 0, logs: 0, controlPlane: 0 },
      account: {
        jobId: 7,
        projectId: 42,
        jobName: "unit tests",
        attempt: 1,
        code: "launch-held-limit",
        since: "2026-11-25T11:55:03.000Z",
        nextTryAt: "2026-11-25T12:00:00.000Z",
        detail: "MaxSpotInstanceCountExceeded: 0",
        text,
        remedy:
          "Ask AWS for more (Service Quotas names the limit), or lower maxRunners in the mapping's settings so that jobs wait for a slot",
      },
      attempts: [
        {
          attempt: 1,
          state: "CREATED",
          class: "EC2#docker",
          provider: "EC2",
          runnerId: 1_007,
          times: { CLAIMED: "2026-11-25T11:55:01.000Z", CREATED: "2026-11-25T11:55:02.000Z" },
          runner: {
            runnerId: 1_007,
            jobId: 7,
            attempt: 1,
            state: "STARTING",
            jobName: "unit tests",
            projectId: 42,
            class: "EC2#docker",
            provider: "EC2",
            heldBy: "limit",
            heldSince: "2026-11-25T11:55:03.000Z",
            detail: "MaxSpotInstanceCountExceeded: 0",
            times: { STARTING: "2026-11-25T11:55:02.000Z", CREATED: "2026-11-25T11:55:02.000Z" },
          },
        },
      ],
    });
    expect((await on.run(["why", "7"])).out).toContain(text);
  });

  it("tells of a swap: which runner really ran the job", async () => {
    const on = world();
    on.putLedger(attempt(7, { state: "RUNNING", ranOnRunnerId: 1_008, times: { RUNNING: QUEUED } }));
    on.putLedger(runner(8, { state: "BUSY", busyJobId: 7 }));
    expect((await on.run(["why", "7"])).out).toContain("GitLab gave it to runner 1008");
  });

  describe("of a job whose runner ended with it", () => {
    const lost = (patch: Parameters<typeof attempt>[1] = {}) => {
      const on = world();
      const times = { RUNNING: QUEUED, ENDED: NOW - 600_000 };
      on.putLedger(
        attempt(7, { state: "ENDED", ranOnRunnerId: 1_007, reason: "instance-terminated", times, ...patch }),
      );
      on.putLedger(runner(7, { state: "GONE", busyJobId: 7, reason: "instance-terminated" }));
      return on.run(["why", "7"]);
    };

    it("F-59: says why, what GitLab will do by when, and what can be done", async () => {
      const { out } = await lost();
      expect(out).toContain("The job was running, and its runner is gone: its instance was terminated.");
      expect(out).toContain("GitLab has ended it by 2026-11-25 13:50:00 (UTC) at the latest.");
      expect(out).toContain("Cancel the job in GitLab and run it again; otherwise GitLab fails it");
    });

    it("F-59: says what became of it when GitLab has ended it", async () => {
      const { out } = await lost({ outcome: "failed" });
      expect(out).toContain(
        "The job is over (failed), and its runner ended by itself: its instance was terminated.",
      );
      expect(out).not.toContain("Cancel the job");
    });
  });

  it("I-13: keeps the bootstrap row's key to itself", async () => {
    const on = world();
    on.putLedger(attempt(7));
    on.putLedger(runner(7));
    for (const argv of [["why", "7", "--json"], ["status", "--json"], ["why", "7"], ["status"]]) {
      const { out, err } = await on.run(argv);
      expect(out + err).not.toContain("secret");
    }
  });

  it("takes a job's address, and refuses one of another GitLab", async () => {
    const on = world();
    on.setParameter("Url", "https://gitlab.example.com/git", "String");
    on.putLedger(attempt(7));
    const at = (base: string) => on.run(["why", `${base}/group/app/-/jobs/7?page=1`]);
    expect(await at("https://gitlab.example.com/git")).toMatchObject({ exitCode: 0 });
    const other = await at("https://gitlab.com");
    expect([other.exitCode, other.err]).toEqual([2, expect.stringContaining("not a project of")]);
  });

  it("an unknown job ends with 1 and says where to look", async () => {
    const { exitCode, out } = await world().run(["why", "999"]);
    expect(exitCode).toBe(1);
    expect(out).toContain("The ledger does not know job 999");
  });

  it("changes nothing", async () => {
    const on = world();
    on.putLedger(attempt(7));
    await on.run(["why", "7"]);
    await on.run(["status"]);
    await on.run(["explain", "--project", "1", "--job", "x"]);
    expect(on.writes()).toEqual([]);
  });
});

describe("status", () => {
  it("F-77: shows how many Lambda runners the account's concurrency leaves room for", async () => {
    const on = new DeploymentDouble();
    on.putLedger(attempt(7, { state: "WAITING", waitingFor: "slot" }));
    on.ledger.put({ pk: "slots#stack", sk: "limit", limit: 5 });
    on.ledger.put({ pk: "state#classes", sk: "stateRecord", version: 1, value: ["LAMBDA#default"] });
    on.ledger.put({ pk: "slots#lambda", sk: "shard#03", taken: 5 });
    const { out } = await on.run(["status"]);
    expect(out).toMatch(/lambda +5 +5 +1/);
  });

  it("shows what runs, waits and failed, the limits and the cost of now", async () => {
    const on = world();
    on.putLedger(attempt(1, { state: "RUNNING", times: { RUNNING: NOW } }, DOCKER_CLASS));
    on.putLedger(
      runner(
        1,
        { state: "BUSY", busyJobId: 1, resourceId: "i-01", market: "spot", pricePerHour: 0.04 },
        DOCKER_CLASS,
      ),
    );
    on.putLedger(runner(2, { state: "STARTING" }));
    on.putLedger(runner(3, { state: "GONE", pricePerHour: 99 }));
    on.putLedger(attempt(4, { state: "WAITING", waitingFor: "slot" }, DOCKER_CLASS));
    on.putLedger(
      attempt(5, {
        state: "FAILED",
        reason: "launch-refused",
        detail: "No such image",
        times: { FAILED: NOW - 3_600_000 },
      }),
    );
    on.putLedger(
      attempt(9, {
        attempt: 3,
        state: "FAILED",
        reason: "launch-refused",
        detail: "No such image",
        times: { FAILED: NOW - 3_600_000 },
      }),
    );
    on.putLedger(
      attempt(6, {
        state: "FAILED",
        reason: "no-job",
        detail: "long ago",
        times: { FAILED: NOW - 90_000_000 },
      }),
    );
    on.ledger.put({ pk: "slots#stack", sk: "shard#03", taken: 2 });
    on.ledger.put({ pk: "slots#EC2#docker", sk: "shard#00", taken: 1 });
    const { exitCode, out } = await on.run(["status"]);
    expect(exitCode).toBe(0);
    expect(out).toContain("2 runners; jobs: 2 waiting, 0 starting, 1 running, 1 stuck");
    expect(out).toContain("Cost now: $0.0400 an hour, and 1 runner of unknown price");
    expect(out).toMatch(/stack +2 +100 +1/);
    expect(out).toMatch(/EC2#docker +1 +3 +1/);
    expect(out).toMatch(/1 +unit tests +busy +EC2#docker +i-01 +spot +4 min 57 s/);
    expect(out).toMatch(/5 +unit tests +LAMBDA#default +1 +its next attempt +1 h 00 min +within a minute/);
    expect(out).toMatch(
      /9 +3 +unit tests +2026-11-25 11:00:00 +No runner .*: its launch was refused: No such image/,
    );
    expect(out).toContain("→ When that is put right: npx runners start 9 --again");
    expect(out).not.toContain("long ago");
    expect(out).not.toContain("more\n");
    expect(out).not.toContain("undefined");
  });

  it("shows twenty of each, and says how many more there are", async () => {
    const on = world();
    for (let id = 1; id <= 21; id += 1) on.putLedger(runner(id, { state: "STARTING" }));
    const { out } = await on.run(["status"]);
    expect(out).toContain("… and 1 more");
    on.putLedger(runner(21, { state: "GONE" }));
    expect((await on.run(["status"])).out).not.toContain(" more");
  });

  it("P-7 F-15: shows instances that are nobody's runner, and failures that no runner was found for", async () => {
    const on = world();
    on.putLedger(orphan("i-0abc"));
    on.putLedger(failedLookUp(5));
    const { exitCode, out } = await on.run(["status"]);
    expect(exitCode).toBe(0);
    expect(out).toContain("1 runner; jobs: 1 waiting, 0 starting, 0 running, 0 stuck");
    expect(out).toMatch(/77 +\(found in EC2\) +ending +– +i-0abc +– +1 min 00 s/);
    expect(out).toMatch(/5 +unit tests +– +1 +its next attempt +1 h 00 min +within a minute/);
  });

  it("counts jobs, however many attempts they had", async () => {
    const on = world();
    for (const number of [1, 2, 3]) {
      on.putLedger(
        attempt(5, { attempt: number, state: "FAILED", reason: "no-job", times: { FAILED: NOW - 60_000 } }),
      );
    }
    on.putLedger(attempt(6, { state: "FAILED", reason: "no-job", times: { FAILED: NOW - 60_000 } }));
    on.putLedger(attempt(6, { attempt: 2, state: "RUNNING", ranOnRunnerId: 1_006, times: { RUNNING: NOW } }));
    on.putLedger(attempt(8, { state: "FAILED", reason: "no-job", times: { FAILED: NOW - 60_000 } }));
    on.putLedger(attempt(8, { attempt: 2, state: "ENDED", outcome: "success", times: { ENDED: NOW } }));
    expect((await on.run(["status"])).out).toContain(
      "0 runners; jobs: 0 waiting, 0 starting, 1 running, 1 stuck",
    );
  });

  it("a job whose launch AWS's limit holds waits for that, and has no instance", async () => {
    const on = world();
    on.putLedger(attempt(7, { state: "CREATED", times: { CREATED: NOW - 30_000 } }, DOCKER_CLASS));
    const held = { heldBy: "limit", heldSince: NOW - 30_000, times: { STARTING: NOW - 30_000 } } as const;
    on.putLedger(runner(7, held, DOCKER_CLASS));
    const { out } = await on.run(["status"]);
    expect(out).toContain("1 runner; jobs: 1 waiting, 0 starting, 0 running, 0 stuck");
    expect(out).toMatch(/7 +unit tests +not launched +EC2#docker/);
    expect(out).toMatch(/7 +unit tests +EC2#docker +1 +AWS's limit +30.0 s +in 30.0 s/);
    expect(out).toContain("→ Ask AWS for more (Service Quotas names the limit)");
  });

  it("reads the runner of an attempt that is gone, and says that another attempt follows", async () => {
    const on = world();
    on.putLedger(attempt(7));
    const gone = { state: "GONE", reason: "no-job", recordDeletedAt: NOW, times: { GONE: NOW } } as const;
    on.putLedger(runner(7, gone));
    expect((await on.run(["status"])).out).toMatch(
      /7 +unit tests +LAMBDA#default +1 +its next attempt +0 ms +in 45.0 s/,
    );
  });

  it("--json is one document with the same", async () => {
    const on = world();
    on.putLedger(runner(2, { pricePerHour: 0.5 }));
    const { out } = await on.run(["status", "--json"]);
    expect(JSON.parse(out)).toMatchObject({
      startsAreOn: true,
      cost: { perHour: 0.5, unknown: 0 },
      jobs: { waiting: [], starting: [], running: [], stuck: [] },
      runners: [{ runnerId: 1_002, state: "STARTING", times: { LAUNCHED: "2026-11-25T11:55:03.000Z" } }],
    });
  });

  it("--watch shows it again until Ctrl-C", async () => {
    const on = world();
    const began = on.now;
    on.before = () => {
      if (on.now - began >= 20_000) on.interrupt();
    };
    const { exitCode, out } = await on.run(["status", "--watch", "10"]);
    expect(exitCode).toBe(0);
    expect(out.match(/New starts: on/g)).toHaveLength(3);
    expect(await on.run(["status", "--watch", "0"])).toMatchObject({ exitCode: 2 });
  });

  it("colours a terminal, and leaves other outputs plain", async () => {
    const on = world();
    on.setParameter("Starts", "off", "String");
    expect((await on.run(["status"], { hasColours: true })).out).toContain("\u001b[33m");
    expect((await on.run(["status"])).out).not.toContain("\u001b");
  });
});

describe("help", () => {
  const NAMES_A_STACK = [
    "mapping upload",
    "mapping pull",
    "explain",
    "why",
    "status",
    "doctor",
    "configure",
    "pause",
    "resume",
    "drain",
    "redrive",
  ];
  const help = (command: string) => world().run([...command.split(" ").filter(Boolean), "--help"]);

  it.each(["", "mapping", "mapping check", ...NAMES_A_STACK])(
    "%s --help shows usage and options, and ends with 0",
    async (command) => {
      const { exitCode, out } = await help(command);
      expect(exitCode).toBe(0);
      expect(out).toMatch(/^Usage: runners/);
      expect(out).toContain("--help");
    },
  );

  it.each(["", "mapping check", ...NAMES_A_STACK])("%s --help shows an example", async (command) => {
    expect((await help(command)).out).toContain("$ npx runners ");
  });

  it.each(NAMES_A_STACK)("%s --help names the stack that it works on", async (command) => {
    expect((await help(command)).out).toContain("gitlab-runners-autoscaler");
  });
});
