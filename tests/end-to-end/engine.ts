import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { ListExecutionsCommand, SFNClient } from "@aws-sdk/client-sfn";
import { uploadSampleMapping } from "../../local/command/sample-mapping";
import type { Granted } from "../../local/gateway";
import type { FinishedCall } from "../../local/lambda-host";
import type { RefusedCall } from "../../local/laptop/aws";
import { clientSettings } from "../../local/laptop/client-settings";
import { type Laptop, startLaptop } from "../../local/laptop/laptop";
import type { LaptopOptions } from "../../local/laptop/laptop-options";
import { hasNothingRemaining } from "../../local/terminal/summary";

/** A laptop for one test file, with the inputs and results of its functions. */
export interface TestLaptop {
  readonly laptop: Laptop;
  readonly calls: FinishedCall[];
  /** Rights that were used. */
  readonly granted: Granted[];
  /** Calls that were refused for a missing right. */
  readonly refused: RefusedCall[];
  /** Names of the functions that were called since `from`. */
  calledSince(from: number): string[];
  /** The functions' logs, for the message of a failing test. */
  log(): string;
}

/** A start takes about twenty seconds, on a busy machine minutes. */
export const START_MS = 420_000;

export const openLaptop = async (options: LaptopOptions = {}): Promise<TestLaptop> => {
  const calls: FinishedCall[] = [];
  const granted: Granted[] = [];
  const refused: RefusedCall[] = [];
  const laptop = await startLaptop({
    ...options,
    onCall: (call) => calls.push(call),
    onGranted: (one) => granted.push(one),
    onRefused: (one) => refused.push(one),
  });
  await uploadSampleMapping(laptop);
  return {
    laptop,
    calls,
    granted,
    refused,
    calledSince: (from) => calls.slice(from).map(({ functionId }) => functionId),
    log: () => readFileSync(join(laptop.run.path, "functions.log"), "utf8").slice(-20_000),
  };
};

/** Polls until a condition holds. @throws Error after `milliseconds` */
export const until = async (
  what: string,
  milliseconds: number,
  ask: () => Promise<boolean> | boolean,
): Promise<void> => {
  for (const end = Date.now() + milliseconds; Date.now() < end; await sleep(250)) if (await ask()) return;
  throw new Error(`After ${milliseconds / 1_000} s, still not true: ${what}`);
};

interface JobSpec {
  readonly name: string;
  readonly tags?: readonly string[];
  readonly script: readonly string[];
  readonly image?: string;
  readonly cache?: { readonly key?: string; readonly paths: readonly string[] };
}

/** The fields of GitLab's job that tests check. */
export interface ApiJob {
  readonly id: number;
  readonly name: string;
  readonly status: string;
  readonly runner: { readonly id: number } | null;
}

interface GitLabAddress {
  readonly gitlabUrl: string;
  readonly standIn?: { readonly accessToken: string };
}

/** GitLab's REST API. */
export const gitlabApi = ({ gitlabUrl, standIn }: GitLabAddress) => {
  const call = async (method: string, path: string, body?: unknown): Promise<Response> =>
    fetch(`${gitlabUrl}${path}`, {
      method,
      headers: { "PRIVATE-TOKEN": standIn?.accessToken ?? "", "Content-Type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  return {
    call,
    pipeline: async (projectId: number, jobs: readonly JobSpec[]): Promise<readonly ApiJob[]> => {
      const answer = await call("POST", `/api/v4/projects/${projectId}/pipeline`, { jobs });
      if (answer.status !== 201) throw new Error(`POST pipeline: ${answer.status} ${await answer.text()}`);
      return ((await answer.json()) as { jobs: ApiJob[] }).jobs;
    },
    job: async (projectId: number, id: number): Promise<ApiJob> =>
      (await call("GET", `/api/v4/projects/${projectId}/jobs/${id}`)).json() as Promise<ApiJob>,
    trace: async (projectId: number, id: number): Promise<string> =>
      (await call("GET", `/api/v4/projects/${projectId}/jobs/${id}/trace`)).text(),
  };
};

const ENDED = ["success", "failed", "canceled"];

/** Waits until the jobs have ended and nothing that was started is left. */
export const untilAllGone = async (
  laptop: Laptop,
  projectId: number,
  ids: readonly number[],
  milliseconds: number,
): Promise<readonly ApiJob[]> => {
  const gitlab = gitlabApi(laptop);
  let jobs: readonly ApiJob[] = [];
  await until(`jobs ${ids.join(", ")} ended and all gone`, milliseconds, async () => {
    jobs = await Promise.all(ids.map((id) => gitlab.job(projectId, id)));
    if (!jobs.every(({ status }) => ENDED.includes(status))) return false;
    return hasNothingRemaining((await laptop.status()).remaining);
  }).catch(async (error: Error) => {
    const { remaining: left } = await laptop.status();
    throw new Error(
      `${error.message}; jobs ${JSON.stringify(jobs.map((job) => [job.id, job.status]))}, left ${JSON.stringify(left)}`,
    );
  });
  return jobs;
};

/** Number of executions of both workflows that ended in error, as the engine counts them. */
export const failedExecutions = async (laptop: Laptop): Promise<number> => {
  const client = new SFNClient(clientSettings(laptop.env));
  const { outputs } = laptop.stacks.AutoScaler;
  const machines = [outputs.StartRunnerStateMachineArn, outputs.StopRunnerStateMachineArn];
  const counts = await Promise.all(
    machines.map(async (stateMachineArn) => {
      const command = new ListExecutionsCommand({
        stateMachineArn,
        statusFilter: "FAILED",
        maxResults: 1_000,
      });
      return (await client.send(command)).executions?.length ?? 0;
    }),
  );
  client.destroy();
  return counts.reduce((sum, count) => sum + count, 0);
};

/** Posts a body to the webhook. */
export const post = (
  laptop: Pick<Laptop, "webhook" | "webhookToken">,
  body: string,
  token: string | undefined = laptop.webhookToken,
): Promise<Response> =>
  fetch(laptop.webhook, {
    method: "POST",
    headers: {
      "Content-Type": "application/json",
      ...(token === undefined ? {} : { "X-Gitlab-Token": token }),
    },
    body,
  });

/** Calls a function of AutoScaler as its schedule would. @param id its logical id @throws Error when it fails */
export const callNow = async ({ stacks, host }: Laptop, id: string, input: object = {}): Promise<void> => {
  const name = stacks.AutoScaler.resources[id] ?? stacks.MicroVmRunner.resources[id] ?? "";
  const outcome = await host.call(name, input);
  if ("error" in outcome) throw new Error(outcome.error.errorMessage);
};

/** A pass of the reconciler now. @throws Error when it fails */
export const reconcile = (laptop: Laptop): Promise<void> => callNow(laptop, "ReconcilerFunction");
