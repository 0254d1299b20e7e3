import { type BadRow, isBad } from "../routing/field-checks";
import { STATE_PARTITION_KEY, type StoredRow } from "../routing/mapping-state";
import { effectiveSettingsRow } from "../routing/row-search";
import { parseSettingsRow, SETTINGS_KEY } from "../routing/settings-row";
import type { MonthlyBudget } from "./budget";

/** The budgets that count now, as the mapping's settings have them. */
export const readBudgets = async (
  read: (pk: string) => Promise<readonly StoredRow[]>,
): Promise<readonly MonthlyBudget[] | BadRow> => {
  const keys = [SETTINGS_KEY, STATE_PARTITION_KEY];
  const rows = await Promise.all(keys.map(async (key) => [key, await read(key)] as const));
  const row = effectiveSettingsRow(new Map(rows));
  const fields = row === undefined ? {} : parseSettingsRow(row);
  return isBad(fields) ? fields : (fields.budgets ?? []);
};
