import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { SendMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { jobWebhookPayload } from "../../local/gitlab";
import { clientSettings } from "../../local/laptop/client-settings";
import { ROOT } from "../../local/laptop/run-folder";
import { gitlabApi, type TestLaptop, until, untilAllGone } from "./engine";

const PROJECT = 31;

interface Ended {
  readonly exitCode: number | null;
  readonly out: string;
  readonly err: string;
}

/** Runs the command line of a clone in a process of its own, as users do. It is ended after `milliseconds`. */
export const runnersOf = (
  root: string,
  { laptop }: TestLaptop,
  milliseconds: number,
  ...argv: readonly string[]
): Promise<Ended> =>
  new Promise((resolve) => {
    const child = spawn(process.execPath, ["--import", "tsx", join(root, "HelperScripts/cli.ts"), ...argv], {
      cwd: root,
      env: { ...laptop.run.env, ...laptop.env, GITLAB_ACCESS_TOKEN: laptop.standIn?.accessToken ?? "" },
      stdio: ["ignore", "pipe", "pipe"],
      timeout: milliseconds,
    });
    let [out, err] = ["", ""];
    child.stdout.on("data", (chunk) => {
      out += chunk;
    });
    child.stderr.on("data", (chunk) => {
      err += chunk;
    });
    child.on("close", (exitCode) => resolve({ exitCode, out, err }));
  });

/** As `runnersOf`, of this clone. */
export const runnersWithin = (
  test: TestLaptop,
  milliseconds: number,
  ...argv: readonly string[]
): Promise<Ended> => runnersOf(ROOT, test, milliseconds, ...argv);

export const runners = (test: TestLaptop, ...argv: readonly string[]): Promise<Ended> =>
  runnersWithin(test, 60_000, ...argv);

/** Writes a mapping's document into the run's folder. */
export const document = (
  test: TestLaptop,
  name: string,
  jobs: readonly object[],
  classes: object = {},
): string => {
  const path = join(test.laptop.run.path, `${name}.json`);
  writeFileSync(path, JSON.stringify({ classes, jobs }));
  return path;
};

/** Deletes the project's webhooks. */
const withoutWebhooks = async ({ laptop }: TestLaptop): Promise<void> => {
  const gitlab = gitlabApi(laptop);
  const webhooks = await gitlab.call("GET", `/api/v4/projects/${PROJECT}/hooks`);
  for (const { id } of (await webhooks.json()) as { id: number }[]) {
    await gitlab.call("DELETE", `/api/v4/projects/${PROJECT}/hooks/${id}`);
  }
};

/** Operators' tasks, with the shipped program and the shipped stacks. */
export const toolsCases = (get: () => TestLaptop): void => {
  it("I-28: a job runs where `explain` says it will; `why` tells what happened, and `logs` what each part said", async () => {
    const test = get();
    const jobs = [{ type: "EC2", name: "toolbox #1", tags: ["b%", "a#"], project: PROJECT, class: "small" }];
    const classes = { small: { type: "EC2", market: "on-demand", diskGiB: 31 } };
    const uploaded = await runners(
      test,
      "mapping",
      "upload",
      document(test, "tools", jobs, classes),
      "--yes",
    );
    expect(uploaded).toMatchObject({ exitCode: 0 });
    const asked = ["--project", String(PROJECT), "--job", "toolbox #1: [x, y]", "--tags", "a#,b%", "--json"];
    const explained = JSON.parse((await runners(test, "explain", ...asked)).out);
    expect(explained).toMatchObject({
      provider: "EC2",
      runnerClass: { name: "small" },
      why: { code: "project-row" },
    });

    const [job] = await gitlabApi(test.laptop).pipeline(PROJECT, [
      { name: "toolbox #1: [x, y]", tags: ["a#", "b%"], script: ["echo in a small one"] },
    ]);
    const [ended] = await untilAllGone(test.laptop, PROJECT, [job!.id], 90_000);
    expect(ended).toMatchObject({ status: "success" });
    const why = JSON.parse((await runners(test, "why", String(job!.id), "--json")).out);
    expect(why.attempts).toEqual([
      expect.objectContaining({
        state: "ENDED",
        class: "EC2#small",
        market: "on-demand",
        outcome: "success",
      }),
    ]);
    expect(why).toMatchObject({ cost: expect.any(Number), costSources: ["table"] });
    expect((await runners(test, "status")).out).toContain("EC2#small");
    const logs = JSON.parse((await runners(test, "logs", String(job!.id), "--json")).out);
    const sources = new Set(logs.lines.map(({ source }: { source: string }) => source));
    const expected = [
      "look-up-runner",
      "start-ec2-runner",
      "record-pick-up",
      "instance",
      "terminate-instance",
    ];
    expect([expected.filter((source) => !sources.has(source)), logs.notes]).toEqual([[], []]);
    const said = logs.lines.map(({ message }: { message: string }) => message).join("\n");
    // What it says last is cut off where it is terminated first.
    expect(said).toMatch(/glr: installed after \d+ s/);
    expect(said).not.toMatch(/glrt-[\w-]{20}/);
  }, 180_000);

  it("I-15: a project that a class excludes gets no runner of it", async () => {
    const test = get();
    const jobs = [{ type: "EC2", name: "closed", tags: ["closed"], class: "closed" }];
    const classes = { closed: { type: "EC2", projects: [PROJECT + 1] } };
    await runners(test, "mapping", "upload", document(test, "closed", jobs, classes), "--yes");
    const asked = ["--job", "closed", "--tags", "closed", "--json"];
    const [ours, theirs] = await Promise.all([
      runners(test, "explain", "--project", String(PROJECT + 1), ...asked),
      runners(test, "explain", "--project", String(PROJECT), ...asked),
    ]);
    expect([ours.exitCode, theirs.exitCode]).toEqual([0, 1]);
    expect(JSON.parse(theirs.out)).toMatchObject({ kind: "failed", why: { code: "project-not-allowed" } });
  }, 60_000);

  it("`configure` creates a project's webhook, and `doctor` then finds nothing to fix there", async () => {
    const test = get();
    const before = await runners(test, "doctor", "--project", String(PROJECT), "--json");
    expect(before.exitCode).toBe(1);
    expect(before.out).toContain(`Project ${PROJECT} has no webhook`);
    expect(await runners(test, "configure", "--project", String(PROJECT), "--yes")).toMatchObject({
      exitCode: 0,
    });
    const after = JSON.parse((await runners(test, "doctor", "--project", String(PROJECT), "--json")).out);
    const problems = after.findings.filter((found: { level: string }) => found.level === "problem");
    expect(problems).toEqual([]);
    const sentences = after.findings.map((found: { sentence: string }) => found.sentence);
    expect(sentences).toContain("With the signing key events are let in");
    expect(sentences).toContain(`Project ${PROJECT} sends its job events, signed`);
    await withoutWebhooks(test);
  }, 120_000);

  it("T-2: a job runs by signed webhooks alone, and a repeated, altered or unsigned one puts no event", async () => {
    const test = get();
    const gitlab = gitlabApi(test.laptop);
    expect((await runners(test, "configure", "--project", String(PROJECT), "--yes")).exitCode).toBe(0);
    test.laptop.standIn?.setWebhook(undefined);
    const from = test.calls.length;
    const [job] = await gitlab.pipeline(PROJECT, [{ name: "signed", script: ["echo signed"] }]);
    const [ended] = await untilAllGone(test.laptop, PROJECT, [job?.id ?? 0], 60_000);
    test.laptop.standIn?.setWebhook({ url: test.laptop.webhook, token: test.laptop.webhookToken });
    expect(ended).toMatchObject({ status: "success" });
    const received = test.calls
      .slice(from)
      .find(({ functionId }) => functionId === "ReceiveSignedWebhookFunction");
    if (received === undefined) throw new Error("The signed webhook's function was not called");
    const { headers, body } = received.event as { headers: Record<string, string>; body: string };
    const send = async (changed: string, sent: Record<string, string>): Promise<number> => {
      const url = test.laptop.stacks.Infrastructure.outputs.SignedWebhookUrl ?? "";
      const type = { "content-type": "application/json" };
      return (await fetch(url, { method: "POST", body: changed, headers: { ...type, ...sent } })).status;
    };
    const signature = Object.fromEntries(
      Object.entries(headers).filter(([name]) => name.startsWith("webhook-")),
    );
    expect([
      await send(body, signature),
      await send(body.replace("signed", "Signed"), signature),
      await send(body, { ...signature, "x-gitlab-token": "not-the-secret" }),
      await send(body, { "x-gitlab-token": test.laptop.webhookToken }),
    ]).toEqual([200, 403, 403, 401]);
    await until("it is known as repeated", 5_000, () => test.log().includes('"reception":"repeated"'));
    for (const reason of ["wrong-signature", "wrong-token", "unsigned"]) {
      // A function's log may come after its answer.
      await until(`${reason} is counted`, 5_000, () => test.log().includes(`"Reason":"${reason}"`));
    }
    await withoutWebhooks(test);
  }, 150_000);

  it("`redrive` puts the event of a DLQ message again and empties the queue", async () => {
    const test = get();
    const { env, stacks } = test.laptop;
    const client = new SQSClient(clientSettings(env));
    const detail = jobWebhookPayload({
      build_id: 15_999_999_999,
      build_status: "pending",
      project_id: PROJECT,
    });
    const MessageBody = JSON.stringify({ source: "gitlab.webhook", "detail-type": "GitLabJobEvent", detail });
    await client.send(
      new SendMessageCommand({ QueueUrl: stacks.AutoScaler.outputs.DeadLetterQueueUrl, MessageBody }),
    );
    client.destroy();
    const before = test.calls.length;
    const redriven = await runners(test, "redrive", "--yes", "--json");
    expect(redriven).toMatchObject({ exitCode: 0 });
    expect(JSON.parse(redriven.out)).toEqual({ sent: 1, dropped: 0, left: 0 });
    expect((await runners(test, "redrive")).out).toContain("There are no DLQ messages.");
    const isLookedUp = () => test.calledSince(before).includes("LookUpRunnerFunction");
    await until("the look-up of the redriven job is over", 40_000, isLookedUp);
  }, 90_000);
};
