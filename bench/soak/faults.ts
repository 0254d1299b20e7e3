import type { StandIn } from "../../local/gitlab";
import type { Laptop } from "../../local/laptop/laptop";

const WEBHOOKS = { lose: 0.02, repeat: 0.1, delayMs: [0, 3_000] } as const;
const KILL_EVERY_MS = 20_000;
const OUTAGE_EVERY_MS = 45_000;
const OUTAGE_SECONDS = 3;

/** Kills one runner, alternately on Lambda and on EC2. */
const killer = ({ host, ec2 }: Laptop): (() => void) => {
  let isLambdaNext = true;
  return () => {
    const [pid] = host.runnerPids();
    const instance = ec2.instances().find(({ state }) => state === "running");
    if (isLambdaNext && pid !== undefined) process.kill(pid, "SIGKILL");
    if (!isLambdaNext && instance) ec2.control({ terminate: [instance.instanceId] });
    isLambdaNext = !isLambdaNext;
  };
};

/** Begins the faults of a soak: webhooks lost, doubled and reordered; runners killed; GitLab's API failing. @returns how to end them */
export const beginFaults = (laptop: Laptop, standIn: StandIn): (() => void) => {
  standIn.setFaults(WEBHOOKS);
  const outage = (): void =>
    standIn.setFaults({ ...WEBHOOKS, errorStatus: 500, errorSeconds: OUTAGE_SECONDS, scope: "api" });
  const timers = [setInterval(killer(laptop), KILL_EVERY_MS), setInterval(outage, OUTAGE_EVERY_MS)];
  return () => {
    for (const timer of timers) clearInterval(timer);
    standIn.setFaults({});
  };
};
