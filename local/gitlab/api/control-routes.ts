import type { GitLabCounts } from "../model/counts";
import { type GitLabFaults, parseFaults } from "../model/faults";
import { type Answer, badParameter, type Call, readBody } from "./http";
import { type Route, routesOf } from "./router";

const bodyOf = async (call: Call): Promise<unknown> => {
  const text = (await readBody(call.request)).toString("utf8");
  try {
    return text.trim() === "" ? {} : JSON.parse(text);
  } catch {
    throw badParameter("the body is no JSON");
  }
};

const shown = (faults: GitLabFaults): Answer => ({
  status: 200,
  body: {
    ...faults.settings,
    ...(faults.errorSecondsLeft() > 0 ? { errorSecondsLeft: faults.errorSecondsLeft() } : {}),
  },
});

/** The fault switch and the counters: not GitLab's, hence below `/_/`. */
export const controlRoutes = (faults: GitLabFaults, counts: GitLabCounts): readonly Route[] => {
  const route = routesOf("page", false, "");
  return [
    route("GET", "/_/faults", () => shown(faults)),
    route("POST", "/_/faults", async (call) => {
      const settings = parseFaults(await bodyOf(call));
      if (typeof settings === "string") throw badParameter(settings);
      faults.set(settings);
      return shown(faults);
    }),
    route("GET", "/_/counts", () => ({ status: 200, body: counts })),
  ];
};
