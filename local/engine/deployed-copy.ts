import type { ParsedTemplate, TemplateResource } from "./template-file";
import { isOnExpression, KNOWN_TO_OUR_ENGINE, UNSUPPORTED_TYPES } from "./unsupported-types";

/** What a deployed copy needs in addition to the template. */
export interface CopySettings {
  /** The address at which the laptop's host accepts a function's calls, by logical id. */
  readonly hostUrl: (logicalId: string) => string;
  /** Outputs with a value of the laptop's own, e.g. the address of its webhook API. */
  readonly outputs?: Readonly<Record<string, string>>;
  /** Whether another emulator than the laptop's own takes the copy. */
  readonly isForAnotherEmulator?: boolean;
}

export interface DeployedCopy {
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
const unsupportedResources = (
  template: ParsedTemplate,
  { isForAnotherEmulator }: CopySettings,
): Set<string> => {
  const resources = Object.entries(template.Resources);
  const types = [...UNSUPPORTED_TYPES, ...(isForAnotherEmulator ? KNOWN_TO_OUR_ENGINE : [])];
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

const withHost = (properties: Readonly<Record<string, unknown>>, url: string): Record<string, unknown> => {
  const environment = isRecord(properties.Environment) ? properties.Environment : {};
  const variables = isRecord(environment.Variables) ? environment.Variables : {};
  return { ...properties, Environment: { Variables: { ...variables, MINISTACK_LAMBDA_PROXY_URL: url } } };
};

/** A function whose calls go to the host. Building its image needs Docker, so the copy names an image that need not exist. */
const hostedFunction = (resource: TemplateResource, url: string): TemplateResource => {
  const properties = withHost(resource.Properties ?? {}, url);
  if (properties.PackageType !== "Image") return { ...resource, Properties: properties };
  const { Metadata: _, ...rest } = resource;
  return { ...rest, Type: resource.Type, Properties: { ...properties, ImageUri: DUMMY_IMAGE } };
};

const DUMMY_IMAGE = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/laptop:none";

const copyOf = (
  id: string,
  resource: TemplateResource,
  removed: ReadonlySet<string>,
  settings: CopySettings,
): TemplateResource => {
  const kept = withoutDependencies(resource, removed);
  return kept.Type === "AWS::Serverless::Function" ? hostedFunction(kept, settings.hostUrl(id)) : kept;
};

/**
 * The copy of a shipped (and built) template for the laptop: without the resources that the engine does not support,
 * and with the functions' calls directed to the laptop's host.
 */
export const deployedCopy = (template: ParsedTemplate, settings: CopySettings): DeployedCopy => {
  const removed = unsupportedResources(template, settings);
  const kept = Object.entries(template.Resources).filter(([id]) => !removed.has(id));
  const outputs = Object.entries(template.Outputs ?? {})
    .filter(([, output]) => !referencesOf(output).some((target) => removed.has(target)))
    .map(([name, output]) => [name, { ...output, Value: settings.outputs?.[name] ?? output.Value }]);
  return {
    template: {
      ...template,
      Resources: Object.fromEntries(
        kept.map(([id, resource]) => [id, copyOf(id, resource, removed, settings)]),
      ),
      ...(outputs.length > 0 ? { Outputs: Object.fromEntries(outputs) } : {}),
    },
    dropped: [...removed].map((id) => `${id} (${template.Resources[id]?.Type})`),
  };
};
