import { createHmac } from "node:crypto";
import { startGitLab } from "..";
import { manualClock } from "../model/clock";
import type { StandIn } from "../stand-in";
import { call, newRunner, restOf, runnerProcess, type WebhookReceiver, webhookReceiver } from "../testing";

const JOB = { name: "a", script: ["true"] };
const PROMPT = { delayMs: [0, 0], repeat: 0, late: 0 } as const;

let receiver: WebhookReceiver;
let gitlab: StandIn;
let clock: ReturnType<typeof manualClock>;

const start = async (timing: Parameters<typeof startGitLab>[0] = {}) => {
  clock = manualClock();
  gitlab = await startGitLab({ clock, timing: PROMPT, ...timing });
  gitlab.setWebhook({ url: receiver.url, token: "webhook secret" });
};

beforeEach(async () => {
  receiver = await webhookReceiver();
});
afterEach(async () => {
  await gitlab.close();
  receiver.close();
});

const statuses = () => receiver.received.map(({ body }) => body.build_status);

describe("a job webhook", () => {
  it("is sent for created, pending, running and the end, with the runner from running on", async () => {
    await start();
    const [job] = gitlab.createPipeline(1, [JOB]);
    clock.advance(1);
    await receiver.until(2);
    expect(statuses().sort()).toEqual(["created", "pending"]);

    const record = await newRunner(gitlab, 1, { description: "d" });
    const runner = runnerProcess(gitlab, record.token);
    const taken = (await runner.ask()).body;
    clock.advance(1);
    await runner.put(taken, "running");
    clock.advance(1);
    await receiver.until(3);
    await runner.put(taken, "success");
    clock.advance(1);
    await receiver.until(4);
    const [running, success] = receiver.received.slice(2);
    expect(running?.body).toMatchObject({
      build_status: "running",
      build_id: job?.id,
      runner: { id: record.id },
    });
    expect(success?.body).toMatchObject({
      build_status: "success",
      runner: { id: record.id, description: "d" },
    });
    expect(receiver.received.slice(0, 2).map(({ body }) => body.runner)).toEqual([null, null]);
  });

  it("of the laptop stands for those of projects that have none of their own at its address", async () => {
    await start();
    const { body: own } = await restOf(gitlab)("POST", "/projects/1/hooks", {
      url: receiver.url,
      job_events: false,
    });
    gitlab.createPipeline(1, [JOB]);
    gitlab.createPipeline(2, [JOB]);
    clock.advance(1);
    await receiver.until(2);
    await restOf(gitlab)("PUT", `/projects/1/hooks/${own.id}`, { url: receiver.url, job_events: true });
    gitlab.createPipeline(1, [JOB]);
    clock.advance(1);
    await receiver.until(4);
    expect(receiver.received.map(({ body }) => body.project_id)).toEqual([2, 2, 1, 1]);
  });

  it("carries the headers of GitLab 19", async () => {
    await start();
    gitlab.createPipeline(1, [JOB]);
    clock.advance(1);
    const [first] = await receiver.until(1);
    expect(first?.headers).toMatchObject({
      "content-type": "application/json",
      "x-gitlab-event": "Job Hook",
      "x-gitlab-token": "webhook secret",
      "x-gitlab-instance": gitlab.url,
      "user-agent": expect.stringMatching(/^GitLab\/19\./),
    });
    expect(first?.headers["idempotency-key"]).toBe(first?.headers["webhook-id"]);
  });

  it("carries the moment at which it leaves, and a signature over id, moment and body where the webhook has a key", async () => {
    await start({ timing: { ...PROMPT, delayMs: [90_000, 90_000] } });
    const signingToken = `whsec_${Buffer.alloc(32, 9).toString("base64")}`;
    gitlab.createPipeline(1, [JOB]);
    clock.advance(90_001);
    const [plain] = await receiver.until(2);
    expect(plain?.headers).not.toHaveProperty("webhook-signature");
    gitlab.setWebhook({ url: receiver.url, token: "t", signingToken });
    gitlab.createPipeline(1, [JOB]);
    clock.advance(90_001);
    const signed = (await receiver.until(4))[2];
    const {
      "webhook-id": id,
      "webhook-timestamp": moment,
      "webhook-signature": signature,
    } = signed?.headers ?? {};
    expect(Number(moment) - Number(plain?.headers["webhook-timestamp"])).toBe(90);
    const text = `${id}.${moment}.${JSON.stringify(signed?.body)}`;
    const expected = createHmac("sha256", Buffer.alloc(32, 9)).update(text).digest("base64");
    expect(signature).toBe(`v1,${expected}`);
  });

  it("has no tags of the job, and no runner while an assigned job is pending and is canceled", async () => {
    await start({ features: { allow_runner_job_acknowledgement: true } });
    const [job] = gitlab.createPipeline(1, [{ ...JOB, tags: ["secret-tag"] }]);
    const record = await newRunner(gitlab, 1, { tag_list: ["secret-tag"] });
    await runnerProcess(gitlab, record.token).ask();
    gitlab.cancelJob(job?.id ?? 0);
    clock.advance(1);
    await receiver.until(3);
    const canceled = receiver.received.find(({ body }) => body.build_status === "canceled");
    expect(canceled?.body.runner).toBeNull();
    expect(JSON.stringify(receiver.received.map(({ body }) => body))).not.toContain("secret-tag");
  });

  it("is not sent again when it is refused", async () => {
    await start();
    receiver.answer(500);
    gitlab.createPipeline(1, [JOB]);
    clock.advance(1);
    await receiver.until(2);
    clock.advance(3_600_000);
    expect(receiver.received).toHaveLength(2);
  });

  it("comes late, twice or out of order as its seed says, and in the same way for the same seed", async () => {
    const run = async (seed: number): Promise<readonly unknown[]> => {
      await start({ timing: { delayMs: [0, 100], repeat: 0.3, late: 0.3, lateMs: 500, seed } });
      const before = receiver.received.length;
      gitlab.createPipeline(
        1,
        Array.from({ length: 20 }, (_, index) => ({ ...JOB, name: `job ${index}` })),
      );
      for (let step = 0; step < 700; step += 1) {
        clock.advance(1);
        const { sent } = gitlab.counts().webhooks;
        await receiver.until(before + sent);
      }
      await gitlab.close();
      return receiver.received.slice(before).map(({ body }) => `${body.build_name} ${body.build_status}`);
    };
    const first = await run(7);
    expect(await run(7)).toEqual(first);
    expect(await run(8)).not.toEqual(first);
    expect(first.length).toBeGreaterThan(40);
    expect(first.indexOf("job 0 created")).toBeGreaterThanOrEqual(0);
    const overtaken = Array.from({ length: 20 }, (_, index) => index).filter(
      (index) => first.indexOf(`job ${index} pending`) < first.indexOf(`job ${index} created`),
    );
    expect(overtaken.length).toBeGreaterThan(0);
  });
});

describe("the fault switch", () => {
  const faults = (body: unknown) =>
    call("POST", `${gitlab.url}/_/faults`, body, { "PRIVATE-TOKEN": gitlab.accessToken });

  it("loses webhooks", async () => {
    await start();
    expect((await faults({ lose: 1 })).body).toEqual({ lose: 1 });
    gitlab.createPipeline(1, [JOB]);
    clock.advance(10_000);
    expect(gitlab.counts().webhooks).toMatchObject({ due: 2, sent: 0, lost: 2 });
    await faults({});
    gitlab.createPipeline(1, [JOB]);
    clock.advance(1);
    await receiver.until(2);
  });

  it("loses the part that it says", async () => {
    await start();
    await faults({ lose: 0.1 });
    gitlab.createPipeline(
      1,
      Array.from({ length: 500 }, (_, index) => ({ ...JOB, name: `job ${index}` })),
    );
    const { due, lost } = gitlab.counts().webhooks;
    expect(due).toBe(1_000);
    // A hundred, with four standard deviations (9.5) to each side.
    expect(lost).toBeGreaterThan(60);
    expect(lost).toBeLessThan(140); // Likewise.
  });

  it("repeats webhooks with the same Idempotency-Key", async () => {
    await start();
    await faults({ repeat: 1 });
    gitlab.createPipeline(1, [JOB]);
    clock.advance(1);
    const received = await receiver.until(4);
    expect(new Set(received.map(({ headers }) => headers["idempotency-key"])).size).toBe(2);
  });

  it("delays webhooks", async () => {
    await start();
    await faults({ delayMs: [1_000, 2_000] });
    gitlab.createPipeline(1, [JOB]);
    clock.advance(999);
    expect(gitlab.counts().webhooks.sent).toBe(0);
    clock.advance(1_001);
    expect((await receiver.until(2)).length).toBe(2);
  });

  it("drops webhooks for as long as their delivery is down", async () => {
    await start();
    await faults({ errorSeconds: 10, scope: "webhooks" });
    gitlab.createPipeline(1, [JOB]);
    clock.advance(9_000);
    expect(gitlab.counts().webhooks).toMatchObject({ sent: 0, lost: 2 });
    clock.advance(1_000);
    gitlab.createPipeline(1, [JOB]);
    clock.advance(1);
    expect((await receiver.until(2)).length).toBe(2);
  });

  it("shows what is set and names what is wrong", async () => {
    await start();
    expect((await faults({ lose: 7 })).status).toBe(400);
    await faults({ errorStatus: 503, errorSeconds: 10, scope: "api" });
    expect(
      (await call("GET", `${gitlab.url}/_/faults`, undefined, { "PRIVATE-TOKEN": gitlab.accessToken })).body,
    ).toEqual({
      errorStatus: 503,
      errorSeconds: 10,
      scope: "api",
      errorSecondsLeft: 10,
    });
    expect((await restOf(gitlab)("GET", "/runners")).status).toBe(503);
  });
});

describe("webhooks of a project", () => {
  it("are set up, changed and tested over the API; their secret is not shown", async () => {
    await start();
    gitlab.setWebhook(undefined);
    const rest = restOf(gitlab);
    const made = await rest("POST", "/projects/5/hooks", {
      url: receiver.url,
      token: "s3cret",
      job_events: true,
    });
    expect(made.status).toBe(201);
    expect(made.body).toMatchObject({
      project_id: 5,
      job_events: true,
      push_events: true,
      token_present: true,
    });
    expect(JSON.stringify(made.body)).not.toContain("s3cret");
    const path = `/projects/5/hooks/${made.body.id}`;
    expect((await rest("POST", `${path}/test/job_events`)).status).toBe(422);

    gitlab.createPipeline(6, [JOB]);
    const [job] = gitlab.createPipeline(5, [JOB]);
    clock.advance(1);
    const received = await receiver.until(2);
    expect(received.map(({ body }) => body.build_id)).toEqual([job?.id, job?.id]);
    expect(received[0]?.headers["x-gitlab-token"]).toBe("s3cret");
    expect((await rest("POST", `${path}/test/job_events`)).status).toBe(201);

    expect((await rest("PUT", path, { url: receiver.url, job_events: false })).body.job_events).toBe(false);
    expect((await rest("GET", "/projects/5/hooks")).body).toHaveLength(1);
    expect((await rest("DELETE", path)).status).toBe(204);
    expect((await rest("GET", path)).status).toBe(404);
  });

  it("take a signing token, show that it is there and not which, and lose it when it is emptied", async () => {
    await start();
    const rest = restOf(gitlab);
    const signing_token = `whsec_${Buffer.alloc(32, 8).toString("base64")}`;
    const made = await rest("POST", "/projects/5/hooks", { url: receiver.url, signing_token });
    expect(made.body).toMatchObject({ signing_token_present: true, token_present: false });
    expect(JSON.stringify(made.body)).not.toContain(signing_token);
    const path = `/projects/5/hooks/${made.body.id}`;
    expect((await rest("PUT", path, { job_events: true })).body.signing_token_present).toBe(true);
    expect((await rest("PUT", path, { signing_token: "secret" })).status).toBe(422);
    expect((await rest("PUT", path, { signing_token: "" })).body.signing_token_present).toBe(false);
  });

  it.each(["https://example.com/webhook", "http://192.0.2.1/webhook", "ftp://127.0.0.1/", "nonsense"])(
    "go to loopback only, not to %s",
    async (url) => {
      await start();
      const { status } = await restOf(gitlab)("POST", "/projects/5/hooks", { url, job_events: true });
      expect([400, 422]).toContain(status);
    },
  );

  it("are switched off after four failures in a row where GitLab does that, and tried again later", async () => {
    await start({ timing: { ...PROMPT, autoDisable: true } });
    receiver.answer(500);
    for (let round = 0; round < 2; round += 1) {
      gitlab.createPipeline(1, [JOB]);
      clock.advance(1);
      await receiver.until((round + 1) * 2);
    }
    await untilFailed(4);
    gitlab.createPipeline(1, [JOB]);
    clock.advance(59_000);
    expect(gitlab.counts().webhooks.sent).toBe(4);
    clock.advance(1_000);
    gitlab.createPipeline(1, [JOB]);
    clock.advance(1);
    await receiver.until(6);
  });
});

/** The receiver has answered before the sender has read the answer. */
const untilFailed = async (count: number): Promise<void> => {
  while (gitlab.counts().webhooks.failed < count) await new Promise((resolve) => setImmediate(resolve));
};
