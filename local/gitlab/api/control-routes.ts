import { defined } from "../../../Core/defined";
import type { GitLabCounts } from "../model/counts";
import { type GitLabFaults, parseFaults } from "../model/faults";
import { badParameter } from "./api-error";
import { json, type RequestContext, readBody } from "./http";
import { type Route, routesOf } from "./router";

const bodyOf = async (request: RequestContext): Promise<unknown> => {
  const text = (await readBody(request)).toString("utf8");
  try {
    return text.trim() === "" ? {} : JSON.parse(text);
  } catch {
    throw badParameter("the body is not valid JSON");
  }
};

const shown = (faults: GitLabFaults): Response =>
  json({
    ...faults.settings,
    ...defined({ errorSecondsLeft: faults.errorSecondsLeft() || undefined }),
  });

/**
 * Fault injection and counters, for who has the access token. They are not part of GitLab's API, so their paths begin
 * with `/_/`.
 */
export const controlRoutes = (faults: GitLabFaults, counts: GitLabCounts): readonly Route[] => {
  const route = routesOf("page", true, "");
  return [
    route("GET", "/_/faults", () => shown(faults)),
    route("POST", "/_/faults", async (request) => {
      const settings = parseFaults(await bodyOf(request));
      if (typeof settings === "string") throw badParameter(settings);
      faults.set(settings);
      return shown(faults);
    }),
    route("GET", "/_/counts", () => json(counts)),
  ];
};
