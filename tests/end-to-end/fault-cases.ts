import { setTimeout as sleep } from "node:timers/promises";
import { gitlabApi, type TestLaptop, until, untilAllGone } from "./engine";

const PROJECT = 11;
const LAMBDA_JOBS = 8;
/** Two minutes, and some for a machine that is busy with other things. */
const PATIENCE_MS = 150_000;

const jobs = () => [
  ...Array.from({ length: LAMBDA_JOBS }, (_, index) => ({ name: `short ${index}`, script: ["echo done"] })),
  { name: "image build", tags: ["docker"], script: ["sleep 60"] },
  { name: "long", tags: ["lambda"], script: ["sleep 60"] },
];

/** What `POST /_/faults` makes GitLab do, and what becomes of the pipeline. */
export const faultCases = (get: () => TestLaptop): void => {
  const faults = async (settings: unknown): Promise<void> => {
    const answer = await gitlabApi(get().laptop).call("POST", "/_/faults", settings);
    if (!answer.ok) throw new Error(`POST /_/faults: ${answer.status} ${await answer.text()}`);
  };

  it(
    "F-1 F-19 F-38: a pipeline ends though GitLab answers 500 for ten seconds, loses a tenth of its hooks, and a runner and an instance are killed",
    async () => {
      const { laptop } = get();
      const gitlab = gitlabApi(laptop);
      const { hooks, answers } = laptop.standIn!.counts();
      const [lostBefore, errorsBefore] = [hooks.lost, answers[500] ?? 0];
      const created = await gitlab.pipeline(PROJECT, jobs());
      const named = (name: string) => created.find((job) => job.name === name)!.id;
      await faults({ lose: 0.1, errorStatus: 500, errorSeconds: 10, scope: "api" });

      const isRunning = async (name: string) => (await gitlab.job(PROJECT, named(name))).status === "running";
      await sleep(10_500);
      await until(
        "both long jobs run",
        60_000,
        async () => (await isRunning("image build")) && (await isRunning("long")),
      );
      for (const pid of laptop.host.runnerPids()) process.kill(pid, "SIGKILL");
      const alive = laptop.ec2.instances().filter(({ state }) => state === "running");
      for (const { instanceId } of alive) laptop.ec2.control({ terminate: [instanceId] });
      await faults({});

      const ended = await untilAllGone(
        laptop,
        PROJECT,
        created.map(({ id }) => id),
        PATIENCE_MS,
      );
      expect(ended.filter(({ status }) => status === "success").length).toBeGreaterThanOrEqual(LAMBDA_JOBS);
      expect(laptop.standIn!.counts().answers[500] ?? 0).toBeGreaterThan(errorsBefore);
      expect(laptop.standIn!.counts().hooks.lost).toBeGreaterThan(lostBefore);
    },
    PATIENCE_MS + 100_000,
  );
};
