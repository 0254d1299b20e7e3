import { DEFAULT_FEATURES, type FeatureName, isFeature } from "../../model/features";
import type { GitLabState } from "../../model/state";
import { badParameter } from "../api-error";
import { json, noContent, type RequestContext } from "../http";
import { readParameters } from "../parameters";
import { type Route, routesOf } from "../router";

const featureJson = (state: GitLabState, name: FeatureName) => {
  const isOn = state.features[name];
  return {
    name,
    state: isOn ? "on" : "off",
    gates: [{ key: "boolean", value: isOn }],
    definition: { name, default_enabled: DEFAULT_FEATURES[name] },
  };
};

const set = async (state: GitLabState, name: FeatureName, request: RequestContext): Promise<Response> => {
  const value = (await readParameters(request)).flag("value");
  if (value === undefined) throw badParameter("value must be true or false");
  state.features[name] = value;
  return json(featureJson(state, name), 201);
};

const reset = (state: GitLabState, name: FeatureName): Response => {
  state.features[name] = DEFAULT_FEATURES[name];
  return noContent();
};

/** GitLab's feature flags, as its administrators set them: https://docs.gitlab.com/api/features/ */
export const featureRestRoutes = (state: GitLabState): readonly Route[] => {
  const route = routesOf("api", true);
  const names = Object.keys(DEFAULT_FEATURES).filter(isFeature);
  return [
    route("GET", "/features", () => json(names.map((name) => featureJson(state, name)))),
    ...names.flatMap((name) => [
      route("POST", `/features/${name}`, (request) => set(state, name, request)),
      route("DELETE", `/features/${name}`, () => reset(state, name)),
    ]),
  ];
};
