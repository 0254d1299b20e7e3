import { readFileSync } from "node:fs";
import { type Document, isAlias, isMap, isNode, isScalar, isSeq, parseDocument } from "yaml";

/** A CloudFormation template as JSON, with the long form (`{ Ref: x }`) of every short form (`!Ref x`). */
export interface ParsedTemplate {
  readonly Conditions?: Readonly<Record<string, unknown>>;
  readonly Parameters?: Readonly<Record<string, { readonly Type: string; readonly Default?: unknown }>>;
  readonly Resources: Readonly<Record<string, TemplateResource>>;
  readonly Outputs?: Readonly<Record<string, { readonly Value: unknown; readonly [key: string]: unknown }>>;
  readonly [section: string]: unknown;
}

export interface TemplateResource {
  readonly Type: string;
  readonly Properties?: Readonly<Record<string, unknown>>;
  readonly Metadata?: Readonly<Record<string, unknown>>;
  readonly DependsOn?: string | readonly string[];
  readonly [key: string]: unknown;
}

const longName = (short: string): string =>
  short === "Ref" || short === "Condition" ? short : `Fn::${short}`;

/** The short form `!GetAtt Table.Arn` stands for the list `[Table, Arn]`. */
const fullValue = (short: string, value: unknown): unknown => {
  if (short !== "GetAtt" || typeof value !== "string") return value;
  const [name, ...attribute] = value.split(".");
  return [name, attribute.join(".")];
};

const plainValue = (node: unknown, document: Document): unknown => {
  if (isAlias(node)) return written(node.resolve(document), document);
  if (isSeq(node)) return node.items.map((item) => written(item, document));
  if (isMap(node)) {
    return Object.fromEntries(
      node.items.map(({ key, value }) => [String(isScalar(key) ? key.value : key), written(value, document)]),
    );
  }
  return isScalar(node) ? node.value : null;
};

/** A node's value. The parser keeps a short form as the node's tag. */
const written = (node: unknown, document: Document): unknown => {
  const tag = isNode(node) ? node.tag : undefined;
  const value = plainValue(node, document);
  if (!tag?.startsWith("!") || tag === "!") return value;
  const short = tag.slice(1);
  return { [longName(short)]: fullValue(short, value) };
};

/**
 * @param name the text's, for the message
 * @throws Error when it is not YAML
 */
export const parseTemplate = (text: string, name = "The template"): ParsedTemplate => {
  const document = parseDocument(text, { logLevel: "silent" });
  const [error] = document.errors;
  if (error) throw new Error(`${name}: ${error.message}`);
  return written(document.contents, document) as ParsedTemplate;
};

/** @throws Error when the file is not YAML */
export const readTemplate = (path: string): ParsedTemplate => parseTemplate(readFileSync(path, "utf8"), path);
