import type { NewStandInRunner } from "../model/runners";
import { badParameter, badRequest } from "./api-error";
import type { RequestParameters } from "./parameters";

/** GitLab's limits: https://docs.gitlab.com/api/users/#create-a-runner */
const MIN_TIMEOUT = 600;
const MAX_TEXT = 1_024;
const MAX_TAGS = 50;

export const ACCESS_LEVELS = ["not_protected", "ref_protected"] as const;

const checkTimeout = (seconds: number | undefined): number | null => {
  if (seconds !== undefined && seconds < MIN_TIMEOUT) {
    throw badRequest("Maximum timeout needs to be at least 10 minutes");
  }
  return seconds ?? null;
};

const checkText = (name: string, text: string | undefined): string | undefined => {
  if (text !== undefined && text.length > MAX_TEXT)
    throw badRequest(`${name} is too long (maximum is 1024 characters)`);
  return text;
};

const checkTags = (tags: readonly string[], runUntagged: boolean): readonly string[] => {
  if (tags.length > MAX_TAGS)
    throw badRequest(`Tags list Too many tags specified. Please limit the number of tags to ${MAX_TAGS}`);
  if (tags.length === 0 && !runUntagged) {
    throw badRequest("Tags list can not be empty when runner is not allowed to pick untagged jobs");
  }
  return [...new Set(tags)];
};

/** Reads and checks the properties of a new runner as GitLab does. Type and project are added by the caller. */
export const readNewRunner = (
  parameters: RequestParameters,
): Omit<NewStandInRunner, "type" | "tokenPrefix"> => {
  if (parameters.has("paused") && parameters.has("active"))
    throw badParameter("active, paused are mutually exclusive");
  const runUntagged = parameters.flag("run_untagged") ?? true;
  return {
    description: checkText("Description", parameters.text("description")) ?? "",
    tags: checkTags(parameters.list("tag_list") ?? [], runUntagged),
    runUntagged,
    locked: parameters.flag("locked") ?? false,
    paused: parameters.flag("paused") ?? false,
    accessLevel: parameters.choice("access_level", ACCESS_LEVELS) ?? "not_protected",
    maximumTimeout: checkTimeout(parameters.integer("maximum_timeout")),
    maintenanceNote: checkText("Maintenance note", parameters.text("maintenance_note")) ?? null,
  };
};
