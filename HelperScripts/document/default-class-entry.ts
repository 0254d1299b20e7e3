import { getNodeValue, type Node } from "jsonc-parser";
import {
  checkDefaultClass,
  DEFAULT_CLASS,
  DEFAULT_CLASS_KEY,
} from "../../Core/routing/classes/default-class";
import { CLASS_SORT_KEY } from "../../Core/routing/mapping-keys";
import { isBad } from "../../Core/routing/mapping-row";
import type { StoredRow } from "../../Core/routing/mapping-state";
import type { Findings } from "./object-reader";
import type { Unplaced } from "./read-document";

const WHERE = `classes[${JSON.stringify(DEFAULT_CLASS)}]`;

/** Reads what a document says of the class `default` into its row; none when something is wrong with it. */
export const readDefaultClassEntry = (findings: Findings, node: Node): readonly Unplaced[] => {
  const properties = findings.fields(node, WHERE);
  if (properties === undefined) return [];
  // Fields that are said twice are found here alone: of a plain value the last one counts.
  for (const [name, { value }] of properties)
    if (value.type === "object") findings.fields(value, `${WHERE}.${name}`);
  const checked = checkDefaultClass(getNodeValue(node));
  if (isBad(checked)) {
    findings.add(node, `${WHERE} ${checked.problem}`);
    return [];
  }
  const row: StoredRow = { ...checked.fields, pk: DEFAULT_CLASS_KEY, sk: CLASS_SORT_KEY };
  return [{ row, node, where: WHERE }];
};
