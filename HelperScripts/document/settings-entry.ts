import { getNodeValue, type Node } from "jsonc-parser";
import { isBad } from "../../Core/routing/mapping-row";
import type { StoredRow } from "../../Core/routing/mapping-state";
import { checkSettingsField, SETTINGS_FIELDS, SETTINGS_KEY } from "../../Core/routing/settings-row";
import { checkBudgets, isBudgetedProject } from "../../Core/usage/budget";
import type { Findings } from "./object-reader";
import type { Unplaced } from "./read-document";

const WHERE = "settings";

/** A document may name a budget's project by its path. */
const check = (field: (typeof SETTINGS_FIELDS)[number], value: unknown) =>
  field === "budgets" ? checkBudgets(value, isBudgetedProject) : checkSettingsField(field, value);

/** A document's row as far as a table may have it: budgets by path have been checked here, and get their ids at the upload. */
export const withoutBudgetPaths = (row: StoredRow): StoredRow =>
  Array.isArray(row.budgets)
    ? { ...row, budgets: row.budgets.filter((budget) => typeof Object(budget).project !== "string") }
    : row;

/** Reads a document's settings into their row; none when there are none, or something is wrong with them. */
export const readSettingsEntry = (findings: Findings, node: Node | undefined): readonly Unplaced[] => {
  const properties = node && findings.fields(node, WHERE, SETTINGS_FIELDS);
  if (node === undefined || properties === undefined) return [];
  const fields: Record<string, unknown> = {};
  let isRight = true;
  for (const [name, { value }] of properties) {
    const field = SETTINGS_FIELDS.find((each) => each === name);
    if (field === undefined) continue;
    fields[field] = getNodeValue(value);
    const checked = check(field, fields[field]);
    if (!isBad(checked)) continue;
    isRight = false;
    findings.add(value, `${WHERE}.${field} ${checked.problem}`);
  }
  const row: StoredRow = { ...fields, pk: SETTINGS_KEY, sk: SETTINGS_KEY };
  return isRight ? [{ row, node, where: WHERE }] : [];
};
