import type { Context } from "aws-lambda";
import { readEnv } from "../../../Core/env";
import { log } from "../../../Core/log";
import { parseJobEvent } from "../../../Core/model/job-event";
import type { RunnerLookup } from "../../../Core/model/runner-order";
import { parseFunctionArn } from "../../../Core/routing/function-arn";
import { parseRoutingSettings } from "../../../Core/routing/routing-settings";
import { mappingsLater } from "../adapters/dynamodb/mappings-later";
import { lookUpRunner } from "../start/look-up-runner";
import { configurationOf, GITLAB_VARIABLES, gitLabOf, machine } from "./wiring";

const env = readEnv(process.env, { ...GITLAB_VARIABLES, mappingTable: "MAPPING_TABLE" });
const configuration = configurationOf(env);
const mappings = mappingsLater(env.mappingTable);

/** Task "Look up runner". A job that is not ours, or needs no runner, is a result; a bad mapping throws. */
export const handler = async (input: unknown, context?: Context): Promise<RunnerLookup> => {
  const event = parseJobEvent(input);
  const settings = parseRoutingSettings(process.env, parseFunctionArn(context?.invokedFunctionArn));
  const dependencies = { ...machine, mappings, gitLab: await gitLabOf(configuration, mappings.load) };
  const { lookup, why } = await lookUpRunner(dependencies, event, settings);
  const { jobId, projectId } = event;
  const skipped = lookup.kind === "nothing" ? { reason: lookup.reason, detail: lookup.detail } : {};
  const route = why && { route: why.code, detail: why.sentence };
  log.info("RUNNER_LOOKED_UP", { jobId, projectId, outcome: lookup.kind, ...skipped, ...route });
  return lookup;
};
