import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { VerifyReport } from "../../HelperScripts/verify/report";
import { VERIFY_CHECKS } from "../../HelperScripts/verify/result";
import { hasNothingRemaining } from "../../local/terminal/summary";
import { gitlabApi, type TestLaptop, until } from "./engine";
import { runners, runnersWithin } from "./tools-cases";

const PROJECT = 33;
const MAX_SECONDS = 180;

interface Checked {
  readonly functions: readonly { readonly code: string; readonly answer: { readonly versions: object } }[];
}

/** Passes come each minute by the schedule, which other tests show. Here one comes every few seconds. */
const withPasses = async <Value>({ laptop }: TestLaptop, work: Promise<Value>): Promise<Value> => {
  const name = laptop.stacks.AutoScaler.resources.ReconcilerFunction ?? "";
  let isOver = false;
  const passes = (async () => {
    for (; !isOver; await sleep(3_000)) await laptop.host.call(name, {});
  })();
  return work.finally(async () => {
    isOver = true;
    await passes;
  });
};

const named = ({ checks }: VerifyReport, wanted: string): readonly string[] =>
  checks.filter(({ result }) => result === wanted).map(({ name }) => name);

/** `check-runner` and `verify`, with the shipped program and the shipped stacks. */
export const verifyCases = (get: () => TestLaptop): void => {
  const verify = (milliseconds: number, ...more: readonly string[]) => {
    const out = join(get().laptop.run.path, "reports");
    const argv = ["verify", "--project", String(PROJECT), "--yes", "--json", "--out", out, ...more];
    return runnersWithin(get(), milliseconds, ...argv);
  };
  const faults = async (settings: object): Promise<void> => {
    expect((await gitlabApi(get().laptop).call("POST", "/_/faults", settings)).status).toBe(200);
  };

  it("`check-runner` shows what the Lambda runner is, and registers nothing", async () => {
    const before = get().laptop.standIn?.counts().calls["POST /api/v4/user/runners"] ?? 0;
    const { exitCode, out } = await runners(get(), "check-runner", "--json");
    const { functions } = JSON.parse(out) as Checked;
    expect({ exitCode, codes: functions.map(({ code }) => code) }).toEqual({ exitCode: 0, codes: ["ok"] });
    expect(functions[0]?.answer.versions).toHaveProperty("gitlab-runner");
    expect(get().laptop.standIn?.counts().calls["POST /api/v4/user/runners"] ?? 0).toBe(before);
  }, 90_000);

  it("`verify` passes on the laptop in less than three minutes, and leaves nothing behind", async () => {
    const { laptop } = get();
    expect(await runners(get(), "configure", "--project", String(PROJECT), "--yes")).toMatchObject({
      exitCode: 0,
    });
    const { exitCode, out, err } = await withPasses(get(), verify(MAX_SECONDS * 1_000));
    expect([exitCode, err.includes("✗") ? err : ""]).toEqual([0, ""]);
    const report = JSON.parse(out) as VerifyReport;
    expect([named(report, "failed"), report.result]).toEqual([[], "passed"]);
    // What an emulator cannot tell of its account is said, and is no failure.
    expect(named(report, "passed")).toEqual(
      expect.arrayContaining(VERIFY_CHECKS.filter((name) => name !== "limits")),
    );
    expect(report.tookSeconds).toBeLessThan(MAX_SECONDS);
    const gitlab = gitlabApi(laptop);
    const webhooks = (await (
      await gitlab.call("GET", `/api/v4/projects/${PROJECT}/hooks`)
    ).json()) as object[];
    expect(webhooks).toMatchObject([{ job_events: true }]);
    const [pipeline] = (await (await gitlab.call("GET", `/api/v4/projects/${PROJECT}/pipelines`)).json()) as {
      ref: string;
    }[];
    expect(pipeline?.ref).toMatch(/^gitlab-runners-verify-/);
    const branch = await gitlab.call(
      "DELETE",
      `/api/v4/projects/${PROJECT}/repository/branches/${pipeline?.ref}`,
    );
    expect(branch.status).toBe(404);
    await until("nothing is left", 60_000, async () =>
      hasNothingRemaining((await laptop.status()).remaining),
    );
    const name = `verify-${report.startedAt.replace(/[-:]|\.\d+/g, "")}.md`;
    const text = readFileSync(join(laptop.run.path, "reports", name), "utf8");
    expect(text).toContain("| lost-webhook | passed |");
    for (const secret of [laptop.standIn?.accessToken ?? "", laptop.webhookToken, laptop.gitlabUrl])
      expect(text).not.toContain(secret);
  }, 300_000);

  it("`verify` names the check that an injected fault makes fail", async () => {
    get().laptop.host.replaceRunners(async () => ({ kind: "no-row" }));
    const image = await verify(60_000, "--only", "runner-function");
    get().laptop.host.replaceRunners(undefined);
    await faults({ errorStatus: 401, errorSeconds: 60, scope: "api" });
    const token = await verify(60_000, "--only", "deployment");
    await faults({});
    const failures = [image, token].map(({ exitCode, out }) => {
      const report = JSON.parse(out) as VerifyReport;
      return [exitCode, named(report, "failed"), report.checks[0]?.detail];
    });
    expect(failures).toEqual([
      [1, ["runner-function"], expect.stringContaining("image-too-old")],
      [1, ["deployment"], expect.stringContaining("access token")],
    ]);
  }, 150_000);
};
