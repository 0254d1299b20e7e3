import type { ParsedTemplate, TemplateResource } from "./template-file";
import { isOnExpression, UNSUPPORTED_TYPES } from "./unsupported-types";

/** A template without what the engine cannot make. */
export interface SupportedTemplate {
  readonly template: ParsedTemplate;
  /** Logical ids and types of the removed resources, e.g. `NatGateway1 (AWS::EC2::NatGateway)`. */
  readonly dropped: readonly string[];
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** The logical ids that a value refers to by Ref, GetAtt or Sub. */
const referencesOf = (value: unknown): string[] => {
  if (Array.isArray(value)) return value.flatMap(referencesOf);
  if (!isRecord(value)) return [];
  return Object.entries(value).flatMap(([key, inner]) => {
    if (key === "Ref" && typeof inner === "string") return [inner];
    if (key === "Fn::GetAtt" && Array.isArray(inner)) return [String(inner[0])];
    if (key === "Fn::GetAtt" && typeof inner === "string") return [inner.split(".")[0] ?? ""];
    if (key !== "Fn::Sub") return referencesOf(inner);
    const text = Array.isArray(inner) ? String(inner[0]) : String(inner);
    const names = [...text.matchAll(/\$\{([A-Za-z0-9]+)(?:\.[^}]*)?\}/g)].map((match) => match[1] ?? "");
    return [...names, ...referencesOf(Array.isArray(inner) ? inner.slice(1) : [])];
  });
};

/** The resources that the engine does not support, and those that refer to them. */
const unsupportedResources = ({ Resources }: ParsedTemplate, types: readonly string[]): Set<string> => {
  const resources = Object.entries(Resources);
  const isUnsupported = (resource: TemplateResource): boolean =>
    types.includes(resource.Type) || isOnExpression(resource);
  const removed = new Set(resources.flatMap(([id, resource]) => (isUnsupported(resource) ? [id] : [])));
  for (let before = -1; before !== removed.size; ) {
    before = removed.size;
    for (const [id, resource] of resources) {
      if (referencesOf(resource.Properties).some((target) => removed.has(target))) removed.add(id);
    }
  }
  return removed;
};

const asList = (value: string | readonly string[] | undefined): readonly string[] =>
  value === undefined ? [] : typeof value === "string" ? [value] : value;

const withoutDependencies = (resource: TemplateResource, removed: ReadonlySet<string>): TemplateResource => {
  const { DependsOn, ...rest } = resource;
  const kept = asList(DependsOn).filter((id) => !removed.has(id));
  return kept.length > 0 ? { ...rest, DependsOn: kept } : (rest as TemplateResource);
};

/**
 * Takes out of a template what the engine cannot make, what refers to it, and the outputs of both.
 *
 * @param more resource types that are to go too
 */
export const supportedTemplate = (
  template: ParsedTemplate,
  more: readonly string[] = [],
): SupportedTemplate => {
  const removed = unsupportedResources(template, [...UNSUPPORTED_TYPES, ...more]);
  if (removed.size === 0) return { template, dropped: [] };
  const kept = Object.entries(template.Resources).filter(([id]) => !removed.has(id));
  const outputs = Object.entries(template.Outputs ?? {}).filter(
    ([, output]) => !referencesOf(output).some((target) => removed.has(target)),
  );
  const { Outputs: _, ...rest } = template;
  return {
    template: {
      ...rest,
      Resources: Object.fromEntries(
        kept.map(([id, resource]) => [id, withoutDependencies(resource, removed)]),
      ),
      ...(outputs.length > 0 ? { Outputs: Object.fromEntries(outputs) } : {}),
    },
    dropped: [...removed].map((id) => `${id} (${template.Resources[id]?.Type})`),
  };
};
