import { defined } from "../defined";
import { checkBounds, type TagBounds } from "../job-tags/bounds";
import type { Limits, QueueTimeObjective } from "../model/runner-order";
import type { SpotBreaker } from "../model/spot-pool";
import { checkBudgets, type MonthlyBudget } from "../usage/budget";
import { checkObjective } from "../waiting/objective";
import {
  type BadRow,
  type Checked,
  checkChoice,
  checkList,
  checkRange,
  isBad,
  isProjectId,
} from "./field-checks";
import { MAX_RUNNERS } from "./mapping-row";
import type { StoredRow } from "./mapping-state";
import type { RoutingSettings } from "./routing-settings";
import { isServedPath, type ServedProject } from "./served-projects";

/**
 * The row of the mapping table, and the part of the document, that holds limits and choices which shape no resource:
 * an upload changes them, no deployment.
 */
export const SETTINGS_KEY = "settings";

export const UNMAPPED_JOBS = ["DEFAULT", "UNTAGGED", "IGNORE"] as const;
/** What becomes of jobs without a row: the default runner for all, for those without tags, or for none. */
export type UnmappedJobs = (typeof UNMAPPED_JOBS)[number];

/** Field names are the document's. What is left out is as without a row. */
export interface SettingsFields {
  /** Absent: those whose webhook reached us. */
  readonly projects?: readonly ServedProject[];
  readonly maxRunners?: number;
  readonly maxRunnersPerClass?: number;
  readonly maxRunnersPerProject?: number;
  readonly unmappedJobs?: UnmappedJobs;
  readonly spotBreaker?: SpotBreaker;
  readonly bounds?: TagBounds;
  readonly queueTimeObjective?: QueueTimeObjective;
  readonly budgets?: readonly MonthlyBudget[];
}

export const SETTINGS_FIELDS = [
  "projects",
  "maxRunners",
  "maxRunnersPerClass",
  "maxRunnersPerProject",
  "unmappedJobs",
  "spotBreaker",
  "bounds",
  "queueTimeObjective",
  "budgets",
] as const satisfies readonly (keyof SettingsFields)[];

const checkServed = (value: unknown): Checked =>
  checkList(
    value,
    (each) => isProjectId(each) || isServedPath(each),
    'must list project ids (numbers above 0), full paths such as "group/project", or "group/*" for all of a group',
  );

/** What each number may be; the unit for its sentence. */
const BREAKER_RANGES: Readonly<Record<keyof SpotBreaker, readonly [min: number, max: number, unit: string]>> =
  {
    failures: [1, 20, "failures"],
    withinMinutes: [1, 1_440, "minutes"],
    restMinutes: [1, 1_440, "minutes"],
  };

/** All three numbers, and nothing else. */
const checkSpotBreaker = (value: unknown): Checked => {
  const fields: Readonly<Record<string, unknown>> = Object(value);
  const names = Object.keys(BREAKER_RANGES) as (keyof SpotBreaker)[];
  const problem = 'must be like { "failures": 2, "withinMinutes": 15, "restMinutes": 30 }';
  if (Array.isArray(value) || Object.keys(fields).sort().join() !== [...names].sort().join())
    return { problem };
  const [bad] = names.flatMap((name) => {
    const checked = checkRange(fields[name], ...BREAKER_RANGES[name]);
    return isBad(checked) ? [`has a ${name} that ${checked.problem}`] : [];
  });
  return bad === undefined ? { value } : { problem: bad };
};

/** One field's rule, shared by the document and the stored row. `problem` continues "field …". */
export const checkSettingsField = (field: keyof SettingsFields, value: unknown): Checked => {
  if (field === "unmappedJobs") return checkChoice(UNMAPPED_JOBS, value);
  if (field === "spotBreaker") return checkSpotBreaker(value);
  if (field === "bounds") return checkBounds(value);
  if (field === "queueTimeObjective") return checkObjective(value);
  if (field === "budgets") return checkBudgets(value);
  // An empty list says the same as none.
  if (field === "projects")
    return Array.isArray(value) && value.length === 0 ? { value } : checkServed(value);
  return checkRange(value, 1, MAX_RUNNERS, "runners");
};

/** Checks the stored row. */
export const parseSettingsRow = (row: StoredRow): SettingsFields | BadRow => {
  if (row.sk !== SETTINGS_KEY) return { problem: `has another sort key: write ${SETTINGS_KEY}` };
  const fields: Record<string, unknown> = {};
  for (const field of SETTINGS_FIELDS) {
    if (!Object.hasOwn(row, field)) continue;
    const checked = checkSettingsField(field, row[field]);
    if (isBad(checked)) return { problem: `has a ${field} that cannot be: it ${checked.problem}` };
    fields[field] = checked.value;
  }
  return fields;
};

/** What the stack says, with what the row says over it. */
export const withSettings = (stack: RoutingSettings, fields: SettingsFields): RoutingSettings => {
  const { maxRunnersPerClass, projects, ...others } = fields;
  const ofClass = defined({ maxRunners: maxRunnersPerClass });
  return {
    ...stack,
    ...defined({ servedProjects: projects, ...others }),
    defaults: {
      LAMBDA: { ...stack.defaults.LAMBDA, ...ofClass },
      EC2: { ...stack.defaults.EC2, ...ofClass },
      MICROVM: { ...stack.defaults.MICROVM, ...ofClass },
    },
  };
};

/**
 * The stack's settings as the mapping's row changes them.
 *
 * @param row the settings row, where there is one
 */
export const settingsIn = (stack: RoutingSettings, row: StoredRow | undefined): RoutingSettings | BadRow => {
  if (row === undefined) return stack;
  const fields = parseSettingsRow(row);
  return isBad(fields) ? fields : withSettings(stack, fields);
};

/** The limits that a start keeps beside its class's own. */
export const limitsOf = ({ maxRunners, maxRunnersPerProject }: RoutingSettings): Limits => ({
  stack: maxRunners,
  ...defined({ project: maxRunnersPerProject }),
});
