import type { StoredRow } from "../../Core/routing/mapping-state";
import type { ServedProject } from "../../Core/routing/served-projects";
import { SETTINGS_KEY, type SettingsFields } from "../../Core/routing/settings-row";
import type { Context } from "../context";
import { type Deployment, output } from "../deployment";
import { MappingTable } from "../mapping/mapping-table";
import { storedRows } from "../mapping/stored-rows";
import { applyDifference, readDifference } from "../mapping/upload";

/**
 * What a new deployment does until somebody uploads a mapping. UNTAGGED: a job with tags such as `gpu` may be meant for
 * other runners of the same GitLab, so the default runner takes only jobs without tags.
 */
const FIRST_SETTINGS = { unmappedJobs: "UNTAGGED" } as const satisfies SettingsFields;

/** What became of the mapping, in a sentence. */
type MappingResult = "first" | "projects-added" | "as-it-was";

const isSettings = ({ pk, sk }: StoredRow): boolean => pk === SETTINGS_KEY && sk === SETTINGS_KEY;

/** The settings row as it has to be; undefined: as it is. A row without projects serves all with a webhook. */
const wantedRow = (rows: readonly StoredRow[], projects: readonly ServedProject[]): StoredRow | undefined => {
  const key = { pk: SETTINGS_KEY, sk: SETTINGS_KEY };
  if (rows.length === 0) return { ...key, ...FIRST_SETTINGS, ...(projects.length > 0 ? { projects } : {}) };
  const stored = rows.find(isSettings);
  const served = stored?.projects;
  if (stored === undefined || !Array.isArray(served) || served.length === 0) return undefined;
  const missing = projects.filter((project) => !served.includes(project));
  return missing.length === 0 ? undefined : { ...stored, projects: [...served, ...missing] };
};

/**
 * Stores the settings of a new deployment. Where a mapping is stored already, it adds the projects that its settings
 * lack, and changes nothing else.
 */
export const storeFirstMapping = async (
  context: Context,
  deployment: Deployment,
  projects: readonly ServedProject[],
): Promise<MappingResult> => {
  const { clients, now, random, sleep } = context;
  const table = new MappingTable(clients.dynamoDb(), output(deployment, "MappingTableName"), sleep);
  const rows = await storedRows(table);
  const row = wantedRow(rows, projects);
  if (row === undefined) return "as-it-was";
  const { state, difference } = await readDifference(table, [row], false);
  await applyDifference({ table, now, holder: random(), step: () => undefined }, state, difference);
  return rows.length === 0 ? "first" : "projects-added";
};
