import type { RunnerClass } from "../../Core/model/runner-class";
import { resolveClass } from "../../Core/routing/class-resolution";
import { isClassRow, readMapping } from "../../Core/routing/mapping-reading";
import { isBad, parseClassRow } from "../../Core/routing/mapping-row";
import type { StoredRow } from "../../Core/routing/mapping-state";
import type { RoutingSettings } from "../../Core/routing/routing-settings";
import { rowLabel } from "./row-kinds";

/** The classes of the mapping, but for those that cannot be used. */
export const mappedClasses = (
  rows: readonly StoredRow[],
  settings: RoutingSettings,
): readonly RunnerClass[] =>
  rows.filter(isClassRow).flatMap((row) => {
    const fields = parseClassRow(row);
    const resolved = isBad(fields) ? fields : resolveClass(rowLabel(row).name, fields, settings);
    return isBad(resolved) ? [] : [resolved];
  });

/** The classes of MicroVMs that jobs may get by a row or a tag: the default one where a row names it. */
export const microVmClasses = (
  rows: readonly StoredRow[],
  settings: RoutingSettings,
): readonly RunnerClass[] => {
  const named = mappedClasses(rows, settings).filter(({ type }) => type === "MICROVM");
  const usesDefault = readMapping(rows).jobs.some(
    ({ job }) => job.type === "MICROVM" && (job.className ?? "default") === "default",
  );
  return usesDefault ? [settings.defaults.MICROVM, ...named] : named;
};
