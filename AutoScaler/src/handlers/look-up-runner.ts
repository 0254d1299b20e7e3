import type { Context } from "aws-lambda";
import { readEnv } from "../../../Core/env";
import { log } from "../../../Core/log";
import { type JobEvent, parseJobEvent } from "../../../Core/model/job-event";
import type { RunnerLookup } from "../../../Core/model/runner-order";
import { parseFunctionArn } from "../../../Core/routing/function-arn";
import { parseRoutingSettings } from "../../../Core/routing/routing-settings";
import { mappingsLater } from "../adapters/dynamodb/mappings-later";
import { minuteCountersLater } from "../adapters/dynamodb/minute-counters-later";
import { isSkipped } from "../hints/ask-gitlab";
import { HintMemory } from "../hints/hint-memory";
import { parseHint } from "../hints/parse-hint";
import { type LookUp, lookUpRunner, malformedLookUp } from "../start/look-up-runner";
import { machine } from "./machine";
import { sendingMetrics } from "./sending-metrics";
import { configurationOf, GITLAB_VARIABLES, gitLabOf } from "./wiring";

const env = readEnv(process.env, {
  ...GITLAB_VARIABLES,
  mappingTable: "MAPPING_TABLE",
  ledgerTable: "LEDGER_TABLE",
});
const configuration = configurationOf(env, { readsRunner: true });
const mappings = mappingsLater(env.mappingTable);
const hintParts = { counters: minuteCountersLater(env.ledgerTable), hints: new HintMemory() };

const lookUp = async (event: JobEvent, context: Context | undefined): Promise<LookUp> => {
  const home = parseFunctionArn(context?.invokedFunctionArn);
  const settings = parseRoutingSettings(process.env, home, await configuration.publishedRunnerArn());
  const gitLab = await gitLabOf(configuration, mappings.load);
  return lookUpRunner({ ...machine, ...hintParts, mappings, gitLab }, event, settings);
};

/** Task "Look up runner". A job that is not ours, or needs no runner, is a result; a bad mapping throws. */
const handle = async (input: unknown, context?: Context): Promise<RunnerLookup> => {
  const event = parseHint(machine, input, parseJobEvent);
  const { lookup, why } = isSkipped(event) ? malformedLookUp(event) : await lookUp(event, context);
  const { jobId, projectId }: Partial<JobEvent> = isSkipped(event) ? {} : event;
  const skipped = lookup.kind === "nothing" ? { reason: lookup.reason, detail: lookup.detail } : {};
  const route = why && { route: why.code, detail: why.sentence };
  log.info("RUNNER_LOOKED_UP", { jobId, projectId, outcome: lookup.kind, ...skipped, ...route });
  return lookup;
};

export const handler = sendingMetrics(configuration.collector, handle);
