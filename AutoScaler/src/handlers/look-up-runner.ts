import type { Context } from "aws-lambda";
import { readEnv } from "../../../Core/env";
import { parseFunctionArn } from "../../../Core/function-arn";
import { parseJobEvent } from "../../../Core/job-event";
import { log } from "../../../Core/log";
import { parseRoutingSettings } from "../../../Core/routing-settings";
import type { RunnerLookup } from "../../../Core/runner-order";
import { dynamoDbClient } from "../adapters/clients";
import { dynamoMappings } from "../adapters/dynamo-mappings";
import { lookUpRunner } from "../domain/look-up-runner";
import { configurationOf, GITLAB_VARIABLES, gitLabOf, machine } from "./wiring";

const env = readEnv(process.env, { ...GITLAB_VARIABLES, mappingTable: "MAPPING_TABLE" });
const configuration = configurationOf(env);
const mappings = dynamoMappings(dynamoDbClient(), env.mappingTable);

/** Task "Look up runner". A job that is not ours, or needs no runner, is a result; a bad mapping throws. */
export const handler = async (input: unknown, context?: Context): Promise<RunnerLookup> => {
  const event = parseJobEvent(input);
  const settings = parseRoutingSettings(process.env, parseFunctionArn(context?.invokedFunctionArn));
  const world = { ...machine, mappings, gitLab: await gitLabOf(configuration) };
  const { lookup, why } = await lookUpRunner(world, event, settings);
  const { jobId, projectId } = event;
  const skipped = lookup.kind === "nothing" ? { reason: lookup.reason, detail: lookup.detail } : {};
  const route = why && { route: why.code, detail: why.sentence };
  log.info("RUNNER_LOOKED_UP", { jobId, projectId, outcome: lookup.kind, ...skipped, ...route });
  return lookup;
};
