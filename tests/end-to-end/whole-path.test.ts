import { type ChildProcess, spawn } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { EVENT_SOURCE } from "../../Core/events/bus-entry";
import { IMAGE_IGNORED } from "../../Core/image-words";
import { jobWebhookPayload } from "../../local/gitlab";
import type { WebhookShape } from "../../local/gitlab/webhooks/job-webhook-payload";
import {
  failedExecutions,
  gitlabApi,
  openLaptop,
  post,
  START_MS,
  type TestLaptop,
  until,
  untilAllGone,
} from "./engine";
import { runners, toolsCases } from "./tools-cases";

const PROJECT = 7;

let test: TestLaptop;
let bystander: ChildProcess;

beforeAll(async () => {
  bystander = spawn("sleep", ["600"], { stdio: "ignore" });
  test = await openLaptop();
}, START_MS);

afterAll(async () => {
  bystander?.kill();
  await test?.laptop.close();
}, 30_000);

const run = async (jobs: Parameters<ReturnType<typeof gitlabApi>["pipeline"]>[1], milliseconds = 60_000) => {
  const created = await gitlabApi(test.laptop).pipeline(PROJECT, jobs);
  const ids = created.map(({ id }) => id);
  return untilAllGone(test.laptop, PROJECT, ids, milliseconds);
};

const providerOf = async (jobId: number): Promise<string | undefined> =>
  (await test.laptop.status()).jobs.find((job) => job.jobId === jobId)?.provider;

describe("webhook in, job run, everything gone", () => {
  it("runs an unmapped job on the default Lambda runner", async () => {
    const [job] = await run([{ name: "unmapped", script: ["echo from the $((40 + 2))nd job"] }]);
    expect(job).toMatchObject({ status: "success" });
    expect(await gitlabApi(test.laptop).trace(PROJECT, job!.id)).toContain("from the 42nd job");
    expect(await providerOf(job!.id)).toBe("LAMBDA");
    const why = JSON.parse((await runners(test, "why", String(job!.id), "--json")).out);
    expect(why).toMatchObject({ cost: expect.any(Number), costSources: ["table"] });
  }, 150_000);

  it("I-23: is told by Lambda's log that the runner has ended, and knows the runner by the report", async () => {
    const runnerIds = () =>
      test.calls.flatMap(({ functionId, outcome }) =>
        functionId === "RecordEndReportFunction" && "result" in outcome
          ? ((outcome.result as { readonly runnerId?: number }).runnerId ?? [])
          : [],
      );
    const known = runnerIds().length;
    await run([{ name: "reported", script: ["true"] }]);
    await until("the report of its runner's end is recorded", 20_000, () => runnerIds().length > known);
    expect(runnerIds().slice(known).every(Number.isSafeInteger)).toBe(true);
  }, 90_000);

  it("runs a job that the mapping sends to EC2 on an instance, and terminates it", async () => {
    const [job] = await run(
      [{ name: "image build", tags: ["docker"], script: ["echo built on $HOSTNAME"] }],
      90_000,
    );
    expect(job).toMatchObject({ status: "success" });
    expect(await providerOf(job!.id)).toBe("EC2");
    const instances = test.laptop.ec2.instances();
    expect(instances.length).toBeGreaterThan(0);
    expect(test.laptop.ec2.running()).toBe(0);
    const why = JSON.parse((await runners(test, "why", String(job!.id), "--json")).out);
    expect(why).toMatchObject({ cost: expect.any(Number), costSources: ["spot-history"] });
  }, 180_000);

  it("runs a job whose tag asks for a MicroVM in one, with Docker's executor, and terminates it", async () => {
    const [job] = await run([{ name: "in a VM", tags: ["aws:microvm"], script: ["echo in $((40 + 2))"] }]);
    expect(job).toMatchObject({ status: "success" });
    expect(await providerOf(job!.id)).toBe("MICROVM");
    const trace = await gitlabApi(test.laptop).trace(PROJECT, job!.id);
    expect(trace).toContain("in 42");
    // The laptop says so only where the docker executor was asked for.
    expect(trace).toContain("this job of a docker executor");
    await until("the VM's end", 20_000, () => test.laptop.microVms.running() === 0);
    expect(test.laptop.microVms.microVms()).toHaveLength(1);
  }, 120_000);

  it("I-14: gives a job without a row what its tags ask for, and warns one on Lambda that it has no image", async () => {
    const tags = ["aws:cpu=2", "aws:spot=false", "aws:disk=40", "team"];
    const [sized, imaged] = await run(
      [
        { name: "sized", tags, script: ["echo sized"] },
        { name: "imaged", tags: ["aws:lambda"], image: "alpine:3", script: ["echo imaged"] },
      ],
      90_000,
    );
    expect([sized, imaged]).toMatchObject([{ status: "success" }, { status: "success" }]);
    expect([await providerOf(sized!.id), await providerOf(imaged!.id)]).toEqual(["EC2", "LAMBDA"]);
    expect(test.laptop.ec2.instances().at(-1)).toMatchObject({ boughtAs: "on-demand" });
    expect(await gitlabApi(test.laptop).trace(PROJECT, imaged!.id)).toContain(`${IMAGE_IGNORED}: alpine:3`);
  }, 120_000);

  it("gives a job on Lambda the cache that the last one left, and one on EC2 too, and nobody the credentials", async () => {
    const cache = { key: "deps", paths: ["deps"] };
    const script = ["cat deps/kept || echo nothing; mkdir -p deps; echo kept by $CI_JOB_ID > deps/kept; env"];
    const one = async (tags: readonly string[]) => {
      const [job] = await run([{ name: "cached", tags, script, cache }], 90_000);
      expect(job).toMatchObject({ status: "success" });
      return { id: job!.id, trace: await gitlabApi(test.laptop).trace(PROJECT, job!.id) };
    };
    const first = await one(["aws:lambda"]);
    const second = await one(["aws:lambda"]);
    const third = await one(["aws:ec2"]);
    expect(first.trace).toContain("Created cache");
    expect(second.trace).toContain(`kept by ${first.id}`);
    expect(third.trace).toContain(`kept by ${second.id}`);
    for (const { trace } of [first, second, third]) {
      expect(trace).toContain("cache deps-protected"); // main is protected
      expect(trace).not.toMatch(/ASIA[A-Z2-7]{16}|AWS_SECRET|X-Amz-/);
    }
  }, 240_000);

  it("keeps a failed job failed and leaves nothing of it", async () => {
    const [job] = await run([{ name: "broken", script: ["exit 3"] }]);
    expect(job).toMatchObject({ status: "failed" });
  }, 90_000);

  it("I-23: ends the runner of a job that is cancelled before it is picked up", async () => {
    const gitlab = gitlabApi(test.laptop);
    const [job] = await gitlab.pipeline(PROJECT, [
      { name: "image build", tags: ["docker"], script: ["echo never"] },
    ]);
    await until("an instance is there for it", 30_000, () => test.laptop.ec2.running() > 0);
    await gitlab.call("POST", `/api/v4/projects/${PROJECT}/jobs/${job!.id}/cancel`);
    const [ended] = await untilAllGone(test.laptop, PROJECT, [job!.id], 90_000);
    expect(ended).toMatchObject({ status: "canceled" });
  }, 150_000);

  it("ends jobs' processes, and no other process of the same user", async () => {
    await run([{ name: "untidy", script: ["sleep 300 > /dev/null 2>&1 & echo left one behind"] }]);
    expect(bystander.exitCode).toBeNull();
    expect(bystander.signalCode).toBeNull();
    process.kill(bystander.pid!, 0);
  }, 90_000);

  it("counts no workflow that ended in error", async () => {
    expect(await failedExecutions(test.laptop)).toBe(0);
  });
});

const withMessage = (size: number): string =>
  JSON.stringify(jobWebhookPayload({ build_id: 98, commit: { message: "m".repeat(size) } }));

/** Waits until no function was called for a second: by then an event has had its effects. */
const quiet = async (from: number): Promise<void> => {
  for (let seen = -1, round = 0; seen !== test.calls.length - from && round < 20; round += 1) {
    seen = test.calls.length - from;
    await sleep(1_000);
  }
};

describe("the webhook API", () => {
  let failedBefore: number;
  beforeAll(async () => {
    failedBefore = await failedExecutions(test.laptop);
  });

  it.each([
    ["no token", 401, undefined],
    ["an empty token", 401, ""],
    ["a wrong token", 403, "not-the-secret"],
  ] as const)("T-1: answers %s with %i and puts no event", async (_, status, token) => {
    const before = test.calls.length;
    const { accepted } = test.laptop.webhookApi.counts();
    const body = JSON.stringify(jobWebhookPayload({ build_id: 99, project_id: PROJECT }));
    const answer =
      token === undefined
        ? await fetch(test.laptop.webhook, { method: "POST", body })
        : await post(test.laptop, body, token);
    expect(answer.status).toBe(status);
    expect(test.laptop.webhookApi.counts().accepted).toBe(accepted);
    await quiet(before);
    expect(test.calledSince(before)).not.toContain("LookUpRunnerFunction");
  });

  it.each<[string, string, number]>([
    ["no JSON", "{", 200],
    ["an empty body", "", 200],
    ["an array", "[1]", 200],
    ["a number", "7", 200],
    ["null", "null", 200],
    ["another kind", JSON.stringify({ object_kind: "pipeline", object_attributes: { id: 1 } }), 200],
    ["no kind", "{}", 200],
    ["an unknown status", JSON.stringify(jobWebhookPayload({ build_status: "melted" })), 200],
    ["no project", JSON.stringify(jobWebhookPayload({ project_id: undefined })), 200],
    ["1 MB of commit message", withMessage(1_048_576), 400],
    ["900 kB of commit message", withMessage(900_000), 200],
  ])("I-12 F-64: answers %s as the gateway does", async (_, body, status) => {
    expect((await post(test.laptop, body)).status).toBe(status);
  });

  it("I-12: no workflow fails for any of them", async () => {
    await quiet(0);
    expect(await failedExecutions(test.laptop)).toBe(failedBefore);
  });

  it.each([
    ["a job id that is not a number", { build_id: "one" }],
    ["a project that is null", { project_id: null }],
    ["a status that is a list", { build_status: ["pending"] }],
  ])(
    "I-27: accepts %s, counts it as malformed, and no workflow fails",
    async (_, fields) => {
      const failed = await failedExecutions(test.laptop);
      const ignored = () => test.log().split('"reason":"malformed","WebhooksIgnored":1').length;
      const before = ignored();
      expect((await post(test.laptop, JSON.stringify(jobWebhookPayload(fields)))).status).toBe(200);
      await until("the webhook is counted", 20_000, () => ignored() > before);
      expect(await failedExecutions(test.laptop)).toBe(failed);
    },
    30_000,
  );

  it("counts a malformed body as a failed entry", async () => {
    const before = test.laptop.webhookApi.counts().failedEntries;
    const answer = await post(test.laptop, "{");
    expect(answer.status).toBe(200);
    expect(await answer.json()).toMatchObject({
      FailedEntryCount: 1,
      Entries: [{ ErrorCode: "MalformedDetail" }],
    });
    expect(test.laptop.webhookApi.counts().failedEntries).toBe(before + 1);
  });

  it.each<WebhookShape>(["2019", "2021", "19.x"])(
    "starts a runner for the webhook of a server of %s",
    async (shape) => {
      test.laptop.standIn?.setFaults({ lose: 1 });
      try {
        const [job] = await gitlabApi(test.laptop).pipeline(PROJECT, [
          { name: "by an old webhook", script: ["echo run"] },
        ]);
        const webhook = (build_status: string, extra: object = {}) =>
          post(
            test.laptop,
            JSON.stringify(
              jobWebhookPayload(
                { build_id: job!.id, build_name: job!.name, project_id: PROJECT, build_status, ...extra },
                shape,
              ),
            ),
          );
        await webhook("pending");
        await until(
          "the job has run",
          45_000,
          async () => (await gitlabApi(test.laptop).job(PROJECT, job!.id)).status === "success",
        );
        await webhook("success");
        const [ended] = await untilAllGone(test.laptop, PROJECT, [job!.id], 45_000);
        expect(ended).toMatchObject({ status: "success" });
      } finally {
        test.laptop.standIn?.setFaults({});
      }
    },
    120_000,
  );
});

describe("the command line", () => {
  toolsCases(() => test);
});

describe("rights", () => {
  it("no call of the application was refused for a missing right", () => {
    expect(test.refused.map(({ message }) => message)).toEqual([]);
  });

  it("T-22: others were told of runners' starts and ends, by the workflows' own roles", () => {
    const told = test.granted
      .filter(
        ({ need }) => need.action === "events:PutEvents" && need.context?.["events:source"] !== undefined,
      )
      .filter(({ need }) => String(need.context?.["events:source"]) === EVENT_SOURCE)
      .map(({ need, caller }) => {
        const by = caller.kind === "role" ? caller.roleArn : caller.kind;
        return `${String(need.context?.["events:detail-type"])} by ${/St(?:art|op)RunnerStateM/.exec(by)?.[0]}`;
      });
    expect([...new Set(told)].sort()).toEqual([
      // A role's name has 64 characters, of which CloudFormation keeps some for itself.
      "RunnerEnded by StopRunnerStateM",
      "RunnerStarted by StartRunnerStateM",
    ]);
  });
});
