import { functionArnProblem } from "../../Core/routing/function-arn";
import { readMapping } from "../../Core/routing/mapping-reading";
import { rowName } from "../../Core/routing/mapping-row";
import type { StoredRow } from "../../Core/routing/mapping-state";
import type { RoutingSettings } from "../../Core/routing/routing-settings";

/** A function that jobs may get. */
export interface MappedFunction {
  readonly arn: string;
  /** The parameter and rows that name it, for people. */
  readonly namedBy: readonly string[];
  /** Names of the classes of these rows. */
  readonly classes: readonly string[];
}

const DEFAULT_CLASS = "default";

/** The functions of this account that the mapping and the default runner name. */
export const mappedFunctions = (
  rows: readonly StoredRow[],
  settings: Pick<RoutingSettings, "home" | "defaultRunnerArn"> | undefined,
): readonly MappedFunction[] => {
  const found = new Map<string, { namedBy: string[]; classes: Set<string> }>();
  const add = (arn: string, by: string, className = DEFAULT_CLASS): void => {
    const known = found.get(arn) ?? { namedBy: [], classes: new Set() };
    known.namedBy.push(by);
    known.classes.add(className);
    found.set(arn, known);
  };
  if (settings?.defaultRunnerArn !== undefined) add(settings.defaultRunnerArn, "DefaultRunnerArn");
  for (const { job, row } of readMapping(rows).jobs) {
    const arn = job.functionArn;
    // A function of another account is a flaw of its row, and not ours to look at.
    if (arn !== undefined && functionArnProblem(arn, settings?.home) === undefined)
      add(arn, `the row ${rowName(row)}`, job.className);
  }
  return [...found].map(([arn, { namedBy, classes }]) => ({ arn, namedBy, classes: [...classes] }));
};
