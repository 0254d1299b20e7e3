import { getNodeValue, type Node } from "jsonc-parser";
import { PROVIDERS, type Provider } from "../../Core/model/runner-class";
import { resolveClass } from "../../Core/routing/class-resolution";
import { classNameProblem } from "../../Core/routing/mapping-keys";
import {
  CLASS_FIELDS,
  type ClassFields,
  checkClassField,
  fieldTypeProblem,
  isBad,
  oneOf,
  privilegedProblem,
} from "../../Core/routing/mapping-row";
import type { RoutingSettings } from "../../Core/routing/routing-settings";
import type { DocumentProperties, Findings } from "./object-reader";

/** A class of the document whose fields are right. */
export interface ClassEntry {
  readonly name: string;
  readonly node: Node;
  readonly fields: ClassFields;
}

const fieldProblem = (field: keyof ClassFields, value: unknown, type: Provider): string | undefined => {
  const ofType = fieldTypeProblem(field, type);
  if (ofType) return ofType;
  const checked = checkClassField(field, value, type);
  return isBad(checked) ? checked.problem : undefined;
};

const readFields = (
  findings: Findings,
  where: string,
  properties: DocumentProperties,
  type: Provider,
): ClassFields | undefined => {
  const values: Record<string, unknown> = {};
  let isRight = true;
  for (const field of CLASS_FIELDS) {
    const property = properties.get(field);
    if (property === undefined) continue;
    values[field] = getNodeValue(property.value);
    const problem = fieldProblem(field, values[field], type);
    if (problem === undefined) continue;
    isRight = false;
    findings.add(property.value, `${where}.${field} ${problem}`);
  }
  return isRight ? { ...values, type } : undefined;
};

/** Reads one entry of `classes`; undefined when something is wrong with it. */
export const readClassEntry = (
  findings: Findings,
  name: string,
  nameNode: Node,
  node: Node,
  settings: RoutingSettings | undefined,
): ClassEntry | undefined => {
  const where = `classes[${JSON.stringify(name)}]`;
  const problem = classNameProblem(name);
  if (problem) findings.add(nameNode, `${where}: the name ${problem}`);
  const properties = findings.fields(node, where, CLASS_FIELDS);
  if (properties === undefined) return undefined;
  const typeNode = properties.get("type")?.value;
  const type = oneOf(PROVIDERS, typeNode && getNodeValue(typeNode));
  if (type === undefined) {
    findings.add(typeNode ?? node, `${where}.type must be ${PROVIDERS.join(" or ")}`);
    return undefined;
  }
  const fields = readFields(findings, where, properties, type);
  if (fields === undefined || problem) return undefined;
  const resolved = settings ? resolveClass(name, fields, settings) : { problem: privilegedProblem(fields) };
  if ("problem" in resolved && resolved.problem) findings.add(node, `${where} ${resolved.problem}`);
  return { name, node, fields };
};
