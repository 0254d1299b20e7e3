import { isAnotherUser } from "../../process/same-user";
import { forbidden, notFound } from "../api/api-error";
import { idOf, json, noContent, plainText, type RequestContext } from "../api/http";
import { readParameters } from "../api/parameters";
import { parseJobSpecs } from "../api/rest/job-specs";
import { type Route, routesOf } from "../api/router";
import { parseYaml } from "../ci/parse-yaml";
import { type CiConfig, readCiConfig } from "../ci/read-config";
import type { GitLabCounts } from "../model/counts";
import type { GitLabFaults } from "../model/faults";
import { createPipeline } from "../model/jobs";
import type { GitLabState } from "../model/state";
import { lastLines } from "../model/trace";
import type { LaptopStatus } from "./laptop-status";
import { renderPage } from "./page";
import { pageState } from "./page-state";

const LOG_LINES = 2_000;
const LOG_BYTES = 256 * 1024;

const plainLog = (state: GitLabState, request: RequestContext): string => {
  const job = state.jobs.get(idOf(request, "job_id") ?? 0);
  if (job === undefined) throw notFound();
  return lastLines(job.trace, LOG_LINES, LOG_BYTES).join("\n");
};

/** A `.gitlab-ci.yml`, or a list of jobs as in `POST /projects/:id/pipeline`. */
const readEditor = (text: string): CiConfig => {
  const value = parseYaml(text);
  return Array.isArray(value) ? { jobs: parseJobSpecs(value), notes: [] } : readCiConfig(text);
};

const runEditor = async (state: GitLabState, request: RequestContext): Promise<Response> => {
  const parameters = await readParameters(request);
  const { jobs, notes } = readEditor(parameters.text("text") ?? "");
  const { id } = createPipeline(state, parameters.integer("project") ?? 1, jobs);
  return json({ id, notes }, 201);
};

/** Pages of GitLab whose address the API gives as `web_url`: the page shows what each is about. */
const WEB_URLS = [
  "/",
  "/local/:name",
  "/local/:name/-/pipelines/:pipeline_id",
  "/local/:name/-/jobs/:job_id",
];

/** The dependencies of the page's routes. */
export interface PageDependencies {
  readonly state: GitLabState;
  readonly faults: GitLabFaults;
  readonly counts: GitLabCounts;
  readonly laptop: () => Promise<LaptopStatus | undefined>;
  readonly runSample: () => Promise<void>;
}

/** The page and its data. All data requires the access token, which the page contains. */
export const pageRoutes = (dependencies: PageDependencies): readonly Route[] => {
  const open = routesOf("page", false, "");
  const closed = routesOf("page", true, "");
  const page = async (request: RequestContext): Promise<Response> => {
    // The page contains the access token, with which a job can run any command as this user.
    if (await isAnotherUser(request.env.incoming.socket)) throw forbidden("another user's page");
    return renderPage(dependencies.state.accessToken);
  };
  return [
    ...WEB_URLS.map((path) => open("GET", path, page)),
    open("GET", "/favicon.ico", () => noContent()),
    closed("GET", "/_/state", async () =>
      json(
        pageState(dependencies.state, dependencies.faults, dependencies.counts, await dependencies.laptop()),
      ),
    ),
    closed("GET", "/_/jobs/:job_id/log", (request) => plainText(plainLog(dependencies.state, request))),
    closed("POST", "/_/pipeline", (request) => runEditor(dependencies.state, request)),
    closed("POST", "/_/sample", async () => {
      await dependencies.runSample();
      return json({ message: "201 Created" }, 201);
    }),
  ];
};
