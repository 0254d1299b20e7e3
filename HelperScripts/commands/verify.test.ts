import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ACCOUNT, AUTOSCALER } from "../testing/deployment-double";
import { SECRET, TOKEN } from "../testing/gitlab-double";
import { NamedError } from "../testing/named-error";
import { PlayedDeployment, type PlayFaults } from "../testing/played-deployment";
import type { VerifyReport } from "../verify/report";
import { VERIFY_CHECKS, type VerifyCheckName } from "../verify/result";

const SETUP_TOKEN = "glpat-setup-token-of-ours";

const run = async (played: PlayedDeployment, ...argv: readonly string[]) => {
  const { on } = played;
  const from = on.now;
  const ended = await on.run(["verify", "--project", "42", "--yes", "--json", "--out", "reports", ...argv]);
  const report = ended.out === "" ? undefined : (JSON.parse(ended.out) as VerifyReport);
  const named = (wanted: string): readonly VerifyCheckName[] =>
    (report?.checks ?? []).filter(({ result }) => result === wanted).map(({ name }) => name);
  return { ...ended, report, named, tookSeconds: (on.now - from) / 1_000 };
};

/** Nothing of the run is left: no branch, no message, no job under way, and the webhook is on. */
const expectCleanedUp = (played: PlayedDeployment): void => {
  const { branches, queue, gitLab } = played;
  expect([...branches.keys()]).toEqual([]);
  expect([...queue.keys()]).toEqual([]);
  expect(gitLab.webhooks.map(({ job_events }) => job_events)).toEqual([true]);
  expect(played.underWay()).toEqual([]);
};

describe("verify", () => {
  it("passes on a sound deployment, in less than three minutes, and leaves nothing behind", async () => {
    const played = new PlayedDeployment();
    const { exitCode, named, report, tookSeconds, err } = await run(played);
    expect({ failed: named("failed"), skipped: named("skipped"), err: exitCode === 0 ? "" : err }).toEqual({
      failed: [],
      skipped: [],
      err: "",
    });
    expect(named("passed")).toEqual([...VERIFY_CHECKS]);
    expect(report).toMatchObject({ result: "passed", gitLabVersion: "19.4.0", emulator: false });
    // As the title promises, and the documentation of `verify`.
    expect(tookSeconds).toBeLessThan(180);
    expectCleanedUp(played);
  });

  it("writes both reports, with times and without a token, an account or an address", async () => {
    const played = new PlayedDeployment();
    played.on.env.GITLAB_SETUP_TOKEN = SETUP_TOKEN;
    played.faults = { fails: ["job-ec2"] };
    await run(played);
    const files = [...played.on.files.keys()].filter((path) => path.startsWith("reports/"));
    expect(files.map((path) => path.replace(/^.*\./, ".")).sort()).toEqual([".json", ".md"]);
    for (const path of files) {
      const text = played.on.files.get(path) ?? "";
      for (const secret of [SETUP_TOKEN, TOKEN, SECRET, ACCOUNT, "gitlab.example.com"])
        expect(text).not.toContain(secret);
      expect(text).toContain("job-ec2");
      expect(text).toMatch(/start/);
    }
  });

  it("uses the setup token for all that it makes, and stores it nowhere", async () => {
    const played = new PlayedDeployment();
    played.on.env.GITLAB_SETUP_TOKEN = SETUP_TOKEN;
    await run(played);
    const making = played.made.filter(({ path }) => !path.startsWith("/personal"));
    expect(making.length).toBeGreaterThan(10);
    expect(new Set(making.map(({ token }) => token))).toEqual(new Set([SETUP_TOKEN]));
    expect(JSON.stringify([...played.on.parameters])).not.toContain(SETUP_TOKEN);
  });

  it("tries the access token where there is no other, and says what it takes when GitLab refuses it", async () => {
    const played = new PlayedDeployment();
    played.faults = { tokenMayNotCommit: true };
    const { exitCode, err } = await run(played);
    expect(exitCode).toBe(1);
    expect(err).toContain("GITLAB_SETUP_TOKEN");
    expect(played.made[0]).toMatchObject({ token: TOKEN });
    expectCleanedUp(played);
  });

  it("asks before it makes anything, and without an answer makes nothing", async () => {
    const played = new PlayedDeployment();
    const argv = ["verify", "--project", "42", "--out", "reports"];
    const refused = await played.on.run(argv, { answers: [false] });
    expect(refused.exitCode).toBe(1);
    expect(refused.err).toContain("a pipeline of 7 jobs");
    expect((await played.on.run(argv)).exitCode).toBe(2);
    expect([played.made, played.on.writes()]).toEqual([[], []]);
  });

  it("asks for the project where there are several", async () => {
    const played = new PlayedDeployment();
    played.gitLab.projects.push({ id: 43 });
    const { exitCode, err } = await played.on.run(["verify", "--yes"]);
    expect(exitCode).toBe(2);
    expect(err).toContain("--project");
  });

  it("takes everything away when it is stopped, at whatever moment", async () => {
    for (const after of [1, 6, 12, 20, 40, 80]) {
      const played = new PlayedDeployment();
      const from = played.on.now;
      played.before = () => {
        if (played.on.now - from > after * 1_000) played.on.interrupt();
      };
      const { exitCode, report } = await run(played);
      expect([after, exitCode, report]).toEqual([after, 1, undefined]);
      expectCleanedUp(played);
    }
  });

  it("switches a webhook back on although the play failed in between", async () => {
    const played = new PlayedDeployment();
    const { fetch } = played.on;
    played.on.fetch = async (url, init) => {
      if (url.endsWith("/play") && played.gitLab.webhooks[0]?.job_events === false) throw new Error("reset");
      return fetch(url, init);
    };
    const { named } = await run(played);
    expect(named("failed")).toEqual(["lost-webhook", "redrive"]);
    expectCleanedUp(played);
  });
});

const noChange = (): void => undefined;

describe("each fault is named by its check", () => {
  const MINUTE = 60_000;
  it.each<[VerifyCheckName, string, PlayFaults, (played: PlayedDeployment) => void]>([
    [
      "deployment",
      "a stack whose update failed",
      {},
      ({ on }) => {
        const stack = on.stacks.get(AUTOSCALER);
        if (stack) on.stacks.set(AUTOSCALER, { ...stack, StackStatus: "UPDATE_ROLLBACK_FAILED" });
      },
    ],
    [
      "limits",
      "no role for spot, where nothing else is bought",
      {},
      ({ on }) => {
        on.mapping.put({ pk: "class#default", sk: "class", EC2: { market: "spot" } });
        on.answers.set("GetRoleCommand", () => {
          throw new NamedError("NoSuchEntityException");
        });
      },
    ],
    ["runner-function", "an image that is older than the question", { oldImage: true }, noChange],
    ["job-lambda", "no Lambda runner takes the job", { neverStarts: ["job-lambda"] }, noChange],
    ["job-lambda", "another's runner takes the job", { takenByOthers: ["job-lambda"] }, noChange],
    ["job-ec2", "the job fails on its instance", { fails: ["job-ec2"] }, noChange],
    ["job-ec2", "the instance stays", { runnerStays: ["job-ec2"] }, noChange],
    ["job-microvm", "its job got an instance", { fallsBack: true }, noChange],
    ["job-microvm", "the VM outlives its runner", { vmStays: true }, noChange],
    ["cancel", "the runner hears of no cancel", { ignoresCancel: true }, noChange],
    ["spot-notice", "the notice ends the job", { obeysNotice: true }, noChange],
    ["lost-webhook", "the reconciler finds nothing", { reconcilerSleeps: true }, noChange],
    ["redrive", "the bus refuses what is redriven", { busRefusesRedrives: true }, noChange],
  ])(
    "%s: %s",
    async (name, _, faults, change) => {
      const played = new PlayedDeployment();
      played.faults = faults;
      change(played);
      const { exitCode, err, report } = await run(played);
      expect(report?.checks.filter(({ result }) => result === "failed")).toMatchObject([{ name }]);
      expect([exitCode, report?.result]).toEqual([1, "failed"]);
      expect(err).toContain(`✗ ${name}`);
      expectCleanedUp(played);
    },
    MINUTE,
  );

  it("there is one for each check", () => {
    const text = readFileSync(join(__dirname, "verify.test.ts"), "utf8");
    const [, table = ""] = text.split("each fault is named by its check");
    for (const name of VERIFY_CHECKS) expect(table).toContain(`"${name}",`);
  });
});

describe("what cannot be played is skipped and says why", () => {
  it("a lost webhook, where the project has none of its own", async () => {
    const played = new PlayedDeployment();
    played.gitLab.webhooks = [];
    const { named, report, exitCode } = await run(played, "--only", "lost-webhook");
    expect([named("skipped"), exitCode]).toEqual([["lost-webhook", "redrive"], 1]);
    expect(report?.checks[0]?.detail).toContain("configure --project 42");
  });

  it.each([
    ["tells of no jobs", { job_events: false }],
    ["tells somebody else of them", { url: "https://elsewhere.example/hook" }],
  ])("a lost webhook, where the project's %s", async (_, other) => {
    const played = new PlayedDeployment();
    played.gitLab.webhooks = played.gitLab.webhooks.map((webhook) => ({ ...webhook, ...other }));
    const { report } = await run(played, "--only", "lost-webhook");
    expect(report?.checks[0]).toMatchObject({
      result: "skipped",
      detail: expect.stringContaining("has no webhook of its own"),
    });
  });

  it("a lost webhook, where a group's tells of the jobs too", async () => {
    const played = new PlayedDeployment();
    played.gitLab.groupWebhooks = [{ ...played.gitLab.webhooks[0], id: 6 }];
    const { report } = await run(played, "--only", "redrive");
    expect(report?.checks.map(({ result }) => result)).toEqual(["skipped", "skipped"]);
  });

  it("a redrive, where somebody's messages are in the DLQ", async () => {
    const played = new PlayedDeployment();
    played.queue.set("theirs", "{}");
    const { named } = await run(played);
    expect([named("skipped"), named("failed")]).toEqual([["redrive"], ["deployment"]]);
    expect([...played.queue.keys()]).toEqual(["theirs"]);
  });

  it("jobs of a provider to which no row leads", async () => {
    const played = new PlayedDeployment();
    played.on.mapping.clear();
    const { named, exitCode } = await run(played);
    expect(named("skipped")).toEqual(["job-ec2", "job-microvm", "spot-notice"]);
    expect(exitCode).toBe(0);
  });

  it("a job in a MicroVM, where MicroVmRunner is not deployed", async () => {
    const played = new PlayedDeployment();
    played.on.parameters.delete("/gitlabrunner/microvm/2048");
    const { report } = await run(played, "--only", "job-microvm");
    expect(report?.checks).toMatchObject([
      { result: "skipped", detail: expect.stringContaining("MicroVmRunner is not deployed") },
    ]);
  });
});
