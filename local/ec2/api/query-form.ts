/** A request of EC2's Query API as a tree: `Filter.1.Value.2=x` is `{ Filter: [{ Value: [, "x"] }] }`, without gaps. */
export type QueryNode = string | readonly QueryNode[] | { readonly [name: string]: QueryNode };

type Draft = string | Map<string, Draft>;

const insert = (draft: Map<string, Draft>, path: readonly string[], value: string): void => {
  const [head, ...rest] = path;
  if (head === undefined) return;
  if (rest.length === 0) {
    draft.set(head, value);
    return;
  }
  const inner = draft.get(head);
  const next = inner instanceof Map ? inner : new Map<string, Draft>();
  draft.set(head, next);
  insert(next, rest, value);
};

const isNumbered = (names: readonly string[]): boolean =>
  names.length > 0 && names.every((name) => /^\d+$/.test(name));

const settle = (draft: Draft): QueryNode => {
  if (typeof draft === "string") return draft;
  const entries = [...draft];
  if (!isNumbered(entries.map(([name]) => name))) {
    return Object.fromEntries(entries.map(([name, inner]) => [name, settle(inner)]));
  }
  return entries.sort(([one], [other]) => Number(one) - Number(other)).map(([, inner]) => settle(inner));
};

/** Parses a form body. */
export const parseForm = (body: string): QueryNode => {
  const draft = new Map<string, Draft>();
  for (const [name, value] of new URLSearchParams(body)) insert(draft, name.split("."), value);
  return settle(draft);
};

/** The node at a path, e.g. `at(node, "Ebs", "VolumeSize")`. */
export const at = (node: QueryNode | undefined, ...path: readonly string[]): QueryNode | undefined => {
  const [head, ...rest] = path;
  if (head === undefined) return node;
  if (typeof node !== "object" || Array.isArray(node)) return undefined;
  const inner = Object.hasOwn(node, head) ? (node as Record<string, QueryNode>)[head] : undefined;
  return at(inner, ...rest);
};

export const textAt = (node: QueryNode | undefined, ...path: readonly string[]): string | undefined => {
  const found = at(node, ...path);
  return typeof found === "string" ? found : undefined;
};

export const listAt = (node: QueryNode | undefined, ...path: readonly string[]): readonly QueryNode[] => {
  const found = at(node, ...path);
  return Array.isArray(found) ? found : [];
};

export const textsAt = (node: QueryNode | undefined, ...path: readonly string[]): readonly string[] =>
  listAt(node, ...path).filter((item): item is string => typeof item === "string");

/** `TagSpecification` → tags of one kind of resource. */
export const tagsAt = (
  node: QueryNode | undefined,
  resourceType: string,
): Readonly<Record<string, string>> => {
  const specifications = listAt(node, "TagSpecification").filter(
    (item) => textAt(item, "ResourceType") === resourceType,
  );
  const tags = specifications.flatMap((item) => listAt(item, "Tag"));
  return Object.fromEntries(tags.map((tag) => [textAt(tag, "Key") ?? "", textAt(tag, "Value") ?? ""]));
};
