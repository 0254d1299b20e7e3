import { readEnv } from "../../../Core/env";
import { log } from "../../../Core/log";
import { ec2Client } from "../adapters/ec2/client";
import { ec2Instances } from "../adapters/ec2/instances";
import type { FoundRunners } from "../stop/end-order";
import { findRunner } from "../stop/find-runner";
import { parseStopEvent } from "../stop/stop-event";
import { ledgerOf } from "./ledger-wiring";
import { configurationOf, GITLAB_VARIABLES, gitLabOf, machine } from "./wiring";

const env = readEnv(process.env, { ...GITLAB_VARIABLES, ledgerTable: "LEDGER_TABLE" });
const configuration = configurationOf(env);
const ledger = ledgerOf(env.ledgerTable);
const instances = ec2Instances(ec2Client(3), machine);

/** Task "Find runner". Input: a job event, or `{ runnerId?, resourceId?, reason }`. */
export const handler = async (input: unknown): Promise<FoundRunners> => {
  const event = parseStopEvent(input);
  const found = await findRunner(
    { ...machine, ledger, instances, gitLab: await gitLabOf(configuration) },
    event,
  );
  const about = event.kind === "job" ? { jobId: event.job.jobId } : { runnerId: event.runnerId };
  const runnerIds = found.runners.flatMap(({ runnerId }) => runnerId ?? []);
  log.info("RUNNERS_FOUND", { ...about, runnerIds, reason: found.runners[0]?.reason });
  return found;
};
