import { readLedger } from "../../local/laptop/ledger-view";
import { gitlabApi, openLaptop, START_MS, type TestLaptop, until, untilAllGone } from "./engine";

const PROJECT = 12;
/** A Lambda runner's end counts after 45 s without a contact, and a pass comes every minute. */
const TIMEOUT_MS = 180_000;
/** From GitLab's cancel: three until the runner hears of it, and the promise for what follows. */
const CANCELED_MS = 10_000;

const PROVIDERS = [
  ["a Lambda runner", { name: "unit tests", tags: ["lambda"] }],
  ["an EC2 runner", { name: "image build", tags: ["docker"] }],
] as const;

let test: TestLaptop;

beforeAll(async () => {
  test = await openLaptop();
}, START_MS);

afterAll(() => test?.laptop.close(), 30_000);

const running = async (job: { name: string; tags: readonly string[] }, script: readonly string[]) => {
  const gitlab = gitlabApi(test.laptop);
  const [{ id } = { id: 0 }] = await gitlab.pipeline(PROJECT, [{ ...job, script }]);
  // The first one finds nothing loaded.
  await until(`job ${id} runs`, 240_000, async () => (await gitlab.job(PROJECT, id)).status !== "pending");
  return id;
};

describe("a job that kills the process above it, its runner", () => {
  /** GitLab ends a silent job too, after a while: the reason tells that the runner's own end was seen before. */
  const REASONS = ["runner-crashed", "instance-terminated"] as const;
  const reasonOf = async ({ env, stacks }: TestLaptop["laptop"], jobId: number) => {
    const { runners } = await readLedger(env, stacks.AutoScaler.outputs.LedgerTableName ?? "");
    return runners.find((runner) => runner.jobId === jobId)?.reason;
  };

  it.each(PROVIDERS.map(([what, job], index) => [what, REASONS[index], job] as const))(
    "F-59: on %s: fails, its runner ends with %s, and nothing of it is left",
    async (_what, reason, job) => {
      const id = await running(job, ["sleep 2", "kill -9 $PPID", "sleep 600"]);
      const [ended] = await untilAllGone(test.laptop, PROJECT, [id], TIMEOUT_MS);
      expect(ended).toMatchObject({ id, status: "failed" });
      expect(await reasonOf(test.laptop, id)).toBe(reason);
    },
    TIMEOUT_MS + 270_000,
  );
});

describe("a job that GitLab cancels and that ignores SIGTERM", () => {
  const DEAF = ["trap '' TERM", "for n in $(seq 600); do echo $n; sleep 1; done"];

  it(
    "on an EC2 runner: is ended and reported within ten seconds",
    async () => {
      const [, [, job]] = PROVIDERS;
      const gitlab = gitlabApi(test.laptop);
      const id = await running(job, DEAF);
      await until("it writes", 60_000, async () => (await gitlab.trace(PROJECT, id)).includes("\n3"));
      const canceledAt = Date.now();
      await gitlab.call("POST", `/api/v4/projects/${PROJECT}/jobs/${id}/cancel`);
      const isOver = async () => (await gitlab.job(PROJECT, id)).status === "canceled";
      await until("it is over", 60_000, isOver);
      expect(Date.now() - canceledAt).toBeLessThan(CANCELED_MS);
      await untilAllGone(test.laptop, PROJECT, [id], TIMEOUT_MS);
    },
    TIMEOUT_MS + 390_000,
  );
});
