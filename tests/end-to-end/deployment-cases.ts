import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Stack } from "../../local/engine/build";
import type { Laptop } from "../../local/laptop/laptop";
import { readLedger } from "../../local/laptop/ledger-view";
import { changedBuild, deployOn, openSecondDeployment, type SecondDeployment } from "./deployments";
import { type ApiJob, gitlabApi, post, type TestLaptop, until, untilAllGone } from "./engine";

/** Projects of the first deployment, the second, and the one that is updated. */
const FIRST = 71;
const SECOND = 72;
const UPDATED = 73;

interface Given {
  readonly get: () => TestLaptop;
  /** The copy of the clone whose stacks are deployed. */
  readonly root: () => string;
}

interface Address {
  readonly webhook: string;
  readonly webhookToken: string;
}

/** An event that starts nothing. */
const CREATED = JSON.stringify({ object_kind: "build", build_status: "created", build_id: 1, project_id: 1 });

/**
 * Has a project's job events sent to a deployment whose authorizer has read its secret: until it has, on a busy machine, webhooks
 * are refused, and no reconciler asks for a project that no webhook told of.
 */
const addWebhook = async (
  laptop: Laptop,
  project: number,
  { webhook: url, webhookToken: token }: Address,
) => {
  const isOpen = async () => (await post({ webhook: url, webhookToken: token }, CREATED)).ok;
  await until("the webhook lets its token in", 90_000, isOpen);
  const parameters = { url, token, job_events: true, push_events: false };
  const answer = await gitlabApi(laptop).call("POST", `/api/v4/projects/${project}/hooks`, parameters);
  if (answer.status !== 201) throw new Error(`No webhook was made: ${answer.status} ${await answer.text()}`);
};

/** Two short jobs: one on each provider, and the first with a name that its event does not carry. */
const BOTH = [
  { name: 'on "Lambda" \\ C:', script: ["echo one"] },
  { name: "image build", tags: ["docker"], script: ["echo two"] },
];

const isClosed = async (laptop: Laptop, table: string | undefined): Promise<boolean> =>
  (await readLedger(laptop.env, table ?? "")).open === 0;

const jobsIn = async (laptop: Laptop, table: string | undefined): Promise<readonly number[]> => {
  const { attempts } = await readLedger(laptop.env, table ?? "");
  return [...new Set(attempts.map(({ jobId }) => jobId))];
};

const runsBeside = ({ get, root }: Given): void => {
  let second: SecondDeployment | undefined;
  it("T-26 S-29: a second deployment beside the first serves its own project, and neither touches the other's", async () => {
    const { laptop } = get();
    second = await openSecondDeployment(laptop, root());
    laptop.standIn?.setWebhook(undefined);
    await addWebhook(laptop, FIRST, laptop);
    await addWebhook(laptop, SECOND, second);
    const gitlab = gitlabApi(laptop);
    const [ofFirst, ofSecond] = await Promise.all([
      gitlab.pipeline(FIRST, BOTH),
      gitlab.pipeline(SECOND, BOTH),
    ]);
    const idsOf = (jobs: readonly ApiJob[]) => jobs.map(({ id }) => id);
    await untilAllGone(laptop, FIRST, idsOf(ofFirst), 90_000);
    const ended = await untilAllGone(laptop, SECOND, idsOf(ofSecond), 90_000);
    expect(ended.map(({ status }) => status)).toEqual(["success", "success"]);
    const secondLedger = second.stacks.AutoScaler.outputs.LedgerTableName;
    await until("the second ledger has no open item", 60_000, () => isClosed(laptop, secondLedger));
    const inFirst = await jobsIn(laptop, laptop.stacks.AutoScaler.outputs.LedgerTableName);
    const inSecond = await jobsIn(laptop, secondLedger);
    expect([...inSecond].sort()).toEqual(idsOf(ofSecond));
    expect(inFirst).toEqual(expect.arrayContaining([...idsOf(ofFirst)]));
    expect(inFirst.filter((id) => inSecond.includes(id))).toEqual([]);
    expect(get().refused).toEqual([]);
  }, 240_000);
};

/** A parameter of each stack that a user may change later. */
const CHANGED: Readonly<Partial<Record<Stack, Readonly<Record<string, string>>>>> = {
  Infrastructure: { AdditionalEgressPort: "8443" },
  LambdaShellRunner: { MemorySizeMiB: "2048" },
  AutoScaler: { DiskGiB: "40", Wiring: "changed" },
};

/** Deploys the stacks again, each with its changed parameter, and AutoScaler with changed user data. */
const update = async ({ get, root }: Given): Promise<void> => {
  const { laptop } = get();
  const AutoScaler = changedBuild(laptop, "echo user data of the copy", "echo user data of the update");
  await deployOn(laptop, {
    root: root(),
    builds: { ...laptop.builds, AutoScaler },
    parameters: (stack) => CHANGED[stack] ?? {},
  }).finally(() => rmSync(AutoScaler, { recursive: true, force: true }));
  laptop.host.forget();
};

const areAll = async (laptop: Laptop, ids: readonly number[], status: string): Promise<boolean> =>
  (await Promise.all(ids.map((id) => gitlabApi(laptop).job(UPDATED, id)))).every(
    (job) => job.status === status,
  );

const consoles = ({ ec2 }: Laptop): string =>
  ec2
    .instances()
    .map(({ instanceId }) => ec2.console(instanceId))
    .join("\n");

/** Disk of a job's runner in GiB, as its order says. */
const diskOf = async (laptop: Laptop, jobId: number): Promise<number | undefined> => {
  const { attempts } = await readLedger(laptop.env, laptop.stacks.AutoScaler.outputs.LedgerTableName ?? "");
  return attempts.find((attempt) => attempt.jobId === jobId)?.order?.runnerClass.ec2?.diskGiB;
};

const isUpdatedUnderJobs = (given: Given): void => {
  it("I-3 I-5: jobs that run while each stack is updated end with success, and their machines go", async () => {
    const { laptop } = given.get();
    await addWebhook(laptop, UPDATED, laptop);
    const gate = join(given.root(), "updated");
    const script = [`while [ ! -e ${gate} ]; do sleep 0.2; done`];
    const long = BOTH.map((job) => ({ ...job, script }));
    const ids = (await gitlabApi(laptop).pipeline(UPDATED, long)).map(({ id }) => id);
    await until("both jobs run", 90_000, () => areAll(laptop, ids, "running"));
    await update(given);
    expect(await areAll(laptop, ids, "running")).toBe(true);
    expect(laptop.ec2.running()).toBe(1);
    writeFileSync(gate, "");
    const ended = await untilAllGone(laptop, UPDATED, ids, 90_000);
    expect(ended.map(({ status }) => status)).toEqual(["success", "success"]);
    expect(laptop.ec2.running()).toBe(0);
    expect(consoles(laptop)).not.toContain("user data of the update");
  }, 240_000);

  it("starts the next job by what the update has changed", async () => {
    const { laptop } = given.get();
    const [job] = await gitlabApi(laptop).pipeline(UPDATED, BOTH.slice(1));
    const [ended] = await untilAllGone(laptop, UPDATED, [job!.id], 90_000);
    expect(ended).toMatchObject({ status: "success" });
    expect(consoles(laptop)).toContain("user data of the update");
    expect(await diskOf(laptop, job!.id)).toBe(40);
  }, 120_000);
};

/** Deployments on a laptop that already runs one. */
export const deploymentCases = (given: Given): void => {
  runsBeside(given);
  isUpdatedUnderJobs(given);
};
