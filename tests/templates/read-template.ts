import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Document, isAlias, isMap, isScalar, isSeq, parseDocument } from "yaml";

/** A value of a template. Intrinsic functions are maps with one key, as in JSON: `{ Ref: "X" }`. */
export type Value = string | number | boolean | null | Value[] | { [key: string]: Value };
export type Properties = { [key: string]: Value };

export interface Resource {
  readonly id: string;
  readonly type: string;
  readonly properties: Properties;
  readonly attributes: Properties;
}

export interface Template {
  readonly name: string;
  readonly parameters: Readonly<Record<string, Properties>>;
  readonly rules: Readonly<Record<string, Properties>>;
  readonly conditions: Readonly<Record<string, Value>>;
  readonly resources: readonly Resource[];
  readonly outputs: Readonly<Record<string, Properties>>;
  readonly metadata: Properties;
}

export const ROOT = join(__dirname, "../..");
export const STACKS = ["Infrastructure", "LambdaShellRunner", "MicroVmRunner", "AutoScaler"] as const;

export const asMap = (value: Value | undefined): Properties =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? value : {};
export const asList = (value: Value | undefined): readonly Value[] =>
  Array.isArray(value) ? value : value === undefined || value === null ? [] : [value];

const intrinsic = (tag: string, value: Value): Value => {
  const name = tag.slice(1);
  if (name === "Ref" || name === "Condition") return { [name]: value };
  if (name === "GetAtt" && typeof value === "string") {
    const dot = value.indexOf(".");
    return { "Fn::GetAtt": [value.slice(0, dot), value.slice(dot + 1)] };
  }
  return { [`Fn::${name}`]: value };
};

const toValue = (node: unknown, document: Document): Value => {
  if (isAlias(node)) return toValue(node.resolve(document), document);
  const plain = ((): Value => {
    if (isMap(node)) {
      return Object.fromEntries(
        node.items.map(({ key, value }) => [
          String(isScalar(key) ? key.value : key),
          toValue(value, document),
        ]),
      );
    }
    if (isSeq(node)) return node.items.map((item) => toValue(item, document));
    return isScalar(node) ? (node.value as Value) : null;
  })();
  const tag = isMap(node) || isSeq(node) || isScalar(node) ? node.tag : undefined;
  return tag?.startsWith("!") && !tag.startsWith("!!") ? intrinsic(tag, plain) : plain;
};

const SAM_GLOBALS: Readonly<Record<string, string>> = { "AWS::Serverless::Function": "Function" };

const isPlainMap = (value: Value | undefined): boolean =>
  Object.keys(asMap(value)).some((key) => key !== "Ref" && !key.startsWith("Fn::"));

/** SAM's rule for globals: maps are merged, other values are replaced by the resource's own. */
const withGlobals = (globals: Properties, own: Properties): Properties => {
  const merged = { ...globals, ...own };
  for (const [key, value] of Object.entries(globals)) {
    if (isPlainMap(value) && isPlainMap(own[key])) merged[key] = withGlobals(asMap(value), asMap(own[key]));
  }
  return merged;
};

const maps = (value: Value | undefined): Record<string, Properties> =>
  Object.fromEntries(Object.entries(asMap(value)).map(([key, item]) => [key, asMap(item)]));

/** Parses a template and merges the SAM globals into its functions. */
export const parseTemplate = (text: string, name = "Example"): Template => {
  const document = parseDocument(text, { logLevel: "silent" });
  if (document.errors.length > 0) throw document.errors[0];
  const root = asMap(toValue(document.contents, document));
  const resources = Object.entries(asMap(root.Resources)).map(([id, value]): Resource => {
    const { Type, Properties: own, ...attributes } = asMap(value);
    const globals = asMap(asMap(root.Globals)[SAM_GLOBALS[String(Type)] ?? ""]);
    return { id, type: String(Type), properties: withGlobals(globals, asMap(own)), attributes };
  });
  return {
    name,
    parameters: maps(root.Parameters),
    rules: maps(root.Rules),
    conditions: asMap(root.Conditions),
    resources,
    outputs: maps(root.Outputs),
    metadata: asMap(root.Metadata),
  };
};

const read = new Map<string, Template>();

/** A shipped template; read once, since every rule uses it. */
export const readTemplate = (stack: string): Template => {
  const known = read.get(stack);
  if (known !== undefined) return known;
  const template = parseTemplate(readFileSync(join(ROOT, stack, "template.yaml"), "utf8"), stack);
  read.set(stack, template);
  return template;
};

export const ofType = (template: Template, type: string): readonly Resource[] =>
  template.resources.filter((resource) => resource.type === type);

export const resource = (template: Template, id: string): Resource => {
  const found = template.resources.find((item) => item.id === id);
  if (found === undefined) throw new Error(`${template.name} has no resource ${id}`);
  return found;
};

/** The value at a path of keys and indexes; undefined where it does not exist. */
export const at = (value: Value | undefined, ...path: readonly (string | number)[]): Value | undefined =>
  path.reduce<Value | undefined>(
    (current, key) =>
      typeof key === "number" ? (Array.isArray(current) ? current[key] : undefined) : asMap(current)[key],
    value,
  );
