import type { ParsedTemplate, TemplateResource } from "./template-file";
import { UNSUPPORTED_TYPES } from "./unsupported-types";

/** What a deployed copy needs beyond the template. */
export interface CopySettings {
  /** Where the laptop's host takes a function's calls, by its logical id. */
  readonly hostUrl: (logicalId: string) => string;
  /** Outputs whose value the laptop knows better, e.g. the address of its own front door. */
  readonly outputs?: Readonly<Record<string, string>>;
}

export interface DeployedCopy {
  readonly template: ParsedTemplate;
  /** Logical ids and types of what the engine lacks, e.g. `NatGateway1 (AWS::EC2::NatGateway)`. */
  readonly dropped: readonly string[];
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** The logical ids that a value points to by Ref, GetAtt or Sub. */
const pointsTo = (value: unknown): string[] => {
  if (Array.isArray(value)) return value.flatMap(pointsTo);
  if (!isRecord(value)) return [];
  return Object.entries(value).flatMap(([key, inner]) => {
    if (key === "Ref" && typeof inner === "string") return [inner];
    if (key === "Fn::GetAtt" && Array.isArray(inner)) return [String(inner[0])];
    if (key === "Fn::GetAtt" && typeof inner === "string") return [inner.split(".")[0] ?? ""];
    if (key !== "Fn::Sub") return pointsTo(inner);
    const text = Array.isArray(inner) ? String(inner[0]) : String(inner);
    const names = [...text.matchAll(/\$\{([A-Za-z0-9]+)(?:\.[^}]*)?\}/g)].map((match) => match[1] ?? "");
    return [...names, ...pointsTo(Array.isArray(inner) ? inner.slice(1) : [])];
  });
};

/** What the engine lacks, and what cannot be without it. */
const unsupportedResources = (template: ParsedTemplate): Set<string> => {
  const resources = Object.entries(template.Resources);
  const gone = new Set(
    resources.filter(([, { Type }]) => UNSUPPORTED_TYPES.includes(Type)).map(([id]) => id),
  );
  for (let before = -1; before !== gone.size; ) {
    before = gone.size;
    for (const [id, resource] of resources) {
      if (pointsTo(resource.Properties).some((target) => gone.has(target))) gone.add(id);
    }
  }
  return gone;
};

const asList = (value: string | readonly string[] | undefined): readonly string[] =>
  value === undefined ? [] : typeof value === "string" ? [value] : value;

const withoutDependencies = (resource: TemplateResource, gone: ReadonlySet<string>): TemplateResource => {
  const { DependsOn, ...rest } = resource;
  const left = asList(DependsOn).filter((id) => !gone.has(id));
  return left.length > 0 ? { ...rest, DependsOn: left } : (rest as TemplateResource);
};

const withHost = (properties: Readonly<Record<string, unknown>>, url: string): Record<string, unknown> => {
  const environment = isRecord(properties.Environment) ? properties.Environment : {};
  const variables = isRecord(environment.Variables) ? environment.Variables : {};
  return { ...properties, Environment: { Variables: { ...variables, MINISTACK_LAMBDA_PROXY_URL: url } } };
};

/** A function whose calls go to the host. An image's build needs Docker: the copy names an image that need not exist. */
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
  gone: ReadonlySet<string>,
  settings: CopySettings,
): TemplateResource => {
  const kept = withoutDependencies(resource, gone);
  return kept.Type === "AWS::Serverless::Function" ? hostedFunction(kept, settings.hostUrl(id)) : kept;
};

/**
 * The copy of a shipped (and built) template that is deployed on the laptop: the same but for what the engine
 * lacks, with the functions' calls led to the laptop's host.
 */
export const deployedCopy = (template: ParsedTemplate, settings: CopySettings): DeployedCopy => {
  const gone = unsupportedResources(template);
  const kept = Object.entries(template.Resources).filter(([id]) => !gone.has(id));
  const outputs = Object.entries(template.Outputs ?? {})
    .filter(([, output]) => !pointsTo(output).some((target) => gone.has(target)))
    .map(([name, output]) => [name, { ...output, Value: settings.outputs?.[name] ?? output.Value }]);
  return {
    template: {
      ...template,
      Resources: Object.fromEntries(kept.map(([id, resource]) => [id, copyOf(id, resource, gone, settings)])),
      ...(outputs.length > 0 ? { Outputs: Object.fromEntries(outputs) } : {}),
    },
    dropped: [...gone].map((id) => `${id} (${template.Resources[id]?.Type})`),
  };
};
