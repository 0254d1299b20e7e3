import { type Call, forbidden, notFound } from "../api/http";
import { type Route, routesOf } from "../api/router";
import type { Counts } from "../model/counts";
import type { Faults } from "../model/faults";
import type { World } from "../model/state";
import { lastLines } from "../model/trace";
import type { LaptopStatus } from "./laptop-status";
import { renderPage } from "./page";
import { pageState } from "./page-state";
import { isAnotherUser } from "./same-user";

const LOG_LINES = 2_000;
const LOG_BYTES = 256 * 1024;

const plainLog = (world: World, call: Call): string => {
  const job = world.jobs.get(call.ids.job_id ?? 0);
  if (job === undefined) throw notFound();
  return lastLines(job.trace, LOG_LINES, LOG_BYTES).join("\n");
};

/** What the page's routes need beside the world. */
export interface PageParts {
  readonly world: World;
  readonly faults: Faults;
  readonly counts: Counts;
  readonly laptop: () => Promise<LaptopStatus | undefined>;
  readonly runSample: () => Promise<void>;
}

/** The page and what it asks for; all but the page itself with the access token that the page carries. */
export const pageRoutes = (parts: PageParts): readonly Route[] => {
  const open = routesOf("page", false, "");
  const closed = routesOf("page", true, "");
  return [
    open("GET", "/", async (call) => {
      // The page carries the access token, and with it one runs anything as the owner.
      if (await isAnotherUser(call.request.socket)) throw forbidden("another user's page");
      return renderPage(parts.world.accessToken);
    }),
    open("GET", "/favicon.ico", () => ({ status: 204 })),
    closed("GET", "/_/state", async () => ({
      status: 200,
      body: pageState(parts.world, parts.faults, parts.counts, await parts.laptop()),
    })),
    closed("GET", "/_/jobs/:job_id/log", (call) => ({
      status: 200,
      body: plainLog(parts.world, call),
      headers: { "content-type": "text/plain; charset=utf-8" },
    })),
    closed("POST", "/_/sample", async () => {
      await parts.runSample();
      return { status: 201, body: { message: "201 Created" } };
    }),
  ];
};
