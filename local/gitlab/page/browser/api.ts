import type { PageState } from "../page-state";

const token = document.querySelector<HTMLMetaElement>('meta[name="access-token"]')?.content ?? "";

const call = async (method: string, path: string, body?: unknown): Promise<Response> => {
  const response = await fetch(path, {
    method,
    headers: { "PRIVATE-TOKEN": token, "content-type": "application/json" },
    body: body === undefined ? null : JSON.stringify(body),
  });
  if (response.ok) return response;
  const answer = await response.json().catch(() => ({}));
  throw new Error(String(answer.error ?? answer.message?.base ?? answer.message ?? response.status));
};

export const readState = async (): Promise<PageState> => (await call("GET", "/_/state")).json();

export const readLog = async (jobId: number): Promise<string> =>
  (await call("GET", `/_/jobs/${jobId}/log`)).text();

export const runSample = async (): Promise<void> => {
  await call("POST", "/_/sample");
};

/** @returns what of the text was left out, a sentence each */
export const runConfiguration = async (project: number, text: string): Promise<readonly string[]> =>
  (await (await call("POST", "/_/pipeline", { project, text })).json()).notes;

export const playJob = async (projectId: number, jobId: number): Promise<void> => {
  await call("POST", `/api/v4/projects/${projectId}/jobs/${jobId}/play`);
};

export const cancelJob = async (projectId: number, jobId: number): Promise<void> => {
  await call("POST", `/api/v4/projects/${projectId}/jobs/${jobId}/cancel`);
};

export const cancelPipeline = async (projectId: number, pipelineId: number): Promise<void> => {
  await call("POST", `/api/v4/projects/${projectId}/pipelines/${pipelineId}/cancel`);
};

export const setFaults = async (faults: unknown): Promise<void> => {
  await call("POST", "/_/faults", faults);
};

export const curlLine = (): string =>
  [
    `curl ${location.origin}/api/v4/projects/1/pipeline \\`,
    `  -H 'PRIVATE-TOKEN: ${token}' \\`,
    "  -H 'Content-Type: application/json' \\",
    `  -d '{"jobs":[{"name":"hello","script":["uname -a"]}]}'`,
  ].join("\n");
