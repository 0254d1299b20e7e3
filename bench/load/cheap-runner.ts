import { setTimeout as sleep } from "node:timers/promises";
import { DeleteItemCommand, DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { clientSettings } from "../../local/laptop/client-settings";
import type { Laptop } from "../../local/laptop/laptop";

/** Result of the replaced runner function. */
export type CheapOutcome =
  | { readonly kind: "no-row" | "no-job" }
  | { readonly kind: "job-ended"; readonly jobId: number };

const post = (url: string, method: string, body: unknown): Promise<Response> =>
  fetch(url, { method, headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });

const POLLS = 20;
const JOB_MS = 300;

/**
 * Replaces a runner function in load tests: it takes its row and runs one job with a runner's API calls, in this
 * process, without gitlab-runner and without a script. The load tests measure everything around the job.
 */
export const cheapRunner = (laptop: Laptop) => {
  const client = new DynamoDBClient(clientSettings(laptop.env));
  const table = laptop.stacks.Infrastructure.outputs.BootstrapTableName ?? "";

  const takeToken = async (key: string): Promise<string | undefined> => {
    const command = new DeleteItemCommand({
      TableName: table,
      Key: { key: { S: key } },
      ReturnValues: "ALL_OLD",
    });
    return (await client.send(command)).Attributes?.token?.S;
  };

  const askForJob = async (token: string): Promise<{ id: number; token: string } | undefined> => {
    const info = { features: { two_phase_job_commit: true } };
    for (let poll = 0, lastUpdate = ""; poll < POLLS; poll += 1) {
      const body = { token, info, system_id: "s_0123456789ab", last_update: lastUpdate };
      const answer = await post(`${laptop.gitlabUrl}/api/v4/jobs/request`, "POST", body);
      if (answer.status === 201) return (await answer.json()) as { id: number; token: string };
      if (answer.status === 403) return undefined;
      lastUpdate = answer.headers.get("x-gitlab-last-update") ?? "";
      await answer.arrayBuffer();
      await sleep(200);
    }
    return undefined;
  };

  const serve = async (token: string): Promise<CheapOutcome> => {
    const job = await askForJob(token);
    if (job === undefined) return { kind: "no-job" };
    const report = (state: string) =>
      post(`${laptop.gitlabUrl}/api/v4/jobs/${job.id}`, "PUT", { token: job.token, state });
    await report("running");
    await sleep(JOB_MS);
    await report("success");
    return { kind: "job-ended", jobId: job.id };
  };

  return async (event: unknown): Promise<CheapOutcome> => {
    const { bootstrapKey } = event as { bootstrapKey: string };
    const token = await takeToken(bootstrapKey);
    return token === undefined ? { kind: "no-row" } : serve(token);
  };
};
