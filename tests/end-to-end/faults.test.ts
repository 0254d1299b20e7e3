import { setTimeout as sleep } from "node:timers/promises";
import { gitlabApi, openLaptop, START_MS, type TestLaptop, until, untilAllGone } from "./engine";

const PROJECT = 11;
const SHORT_JOBS = 10;
/** Two minutes, and some more for a busy machine. */
const TIMEOUT_MS = 150_000;

const LONG = [
  { name: "image build", tags: ["docker"], script: ["sleep 90"] },
  { name: "long", tags: ["lambda"], script: ["sleep 90"] },
];
const SHORT = Array.from({ length: SHORT_JOBS }, (_, index) => ({
  name: `short ${index}`,
  script: ["echo done"],
}));

let test: TestLaptop;

beforeAll(async () => {
  test = await openLaptop();
}, START_MS);

afterAll(() => test?.laptop.close(), 30_000);

describe("faults of GitLab and of the providers", () => {
  const faults = async (settings: unknown): Promise<void> => {
    const answer = await gitlabApi(test.laptop).call("POST", "/_/faults", settings);
    if (!answer.ok) throw new Error(`POST /_/faults: ${answer.status} ${await answer.text()}`);
  };
  afterEach(() => faults({}));

  const killAll = (): void => {
    const { host, ec2 } = test.laptop;
    for (const pid of host.runnerPids()) process.kill(pid, "SIGKILL");
    const alive = ec2.instances().filter(({ state }) => state === "running");
    ec2.control({ terminate: alive.map(({ instanceId }) => instanceId) });
  };

  it(
    "F-1 F-19 F-38: pipelines end although GitLab answers 500 for ten seconds, a tenth of the webhooks is lost, and a runner and an instance are killed",
    async () => {
      const { laptop } = test;
      const gitlab = gitlabApi(laptop);
      const before = {
        lost: laptop.standIn!.counts().webhooks.lost,
        errors: laptop.standIn!.counts().answers[500] ?? 0,
      };

      const long = await gitlab.pipeline(PROJECT, LONG);
      await until("both long jobs run", 90_000, async () => {
        const now = await Promise.all(long.map(({ id }) => gitlab.job(PROJECT, id)));
        return now.every(({ status }) => status === "running");
      });
      await faults({ lose: 0.1, errorStatus: 500, errorSeconds: 10, scope: "api" });
      const short = laptop.standIn!.createPipeline(PROJECT, SHORT);
      killAll();
      await sleep(30_000);
      await faults({});

      const ids = [...long, ...short].map(({ id }) => id);
      const ended = await untilAllGone(laptop, PROJECT, ids, TIMEOUT_MS);
      expect(ended.slice(0, 2).map(({ status }) => status)).toEqual(["failed", "failed"]);
      expect(ended.slice(2).every(({ status }) => status === "success")).toBe(true);
      expect(laptop.standIn!.counts().answers[500] ?? 0).toBeGreaterThan(before.errors);
      expect(laptop.standIn!.counts().webhooks.lost).toBeGreaterThan(before.lost);
    },
    TIMEOUT_MS + 150_000,
  );
});
