import { supportedTemplate } from "./supported-template";
import type { ParsedTemplate, TemplateResource } from "./template-file";
import { KNOWN_TO_OUR_ENGINE } from "./unsupported-types";

/** What leads to the laptop's services where another emulator than its own is used. */
export interface EmulatorCopy {
  /** The address at which the laptop's host takes functions' calls. */
  readonly hostUrl: string;
  /** The webhook API's address, e.g. `http://127.0.0.1:40123`. */
  readonly apiOrigin: string;
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

type Change = (resource: TemplateResource) => TemplateResource;

const withFunctions = (template: ParsedTemplate, change: Change): ParsedTemplate => ({
  ...template,
  Resources: Object.fromEntries(
    Object.entries(template.Resources).map(([id, resource]) => [
      id,
      resource.Type === "AWS::Serverless::Function" ? change(resource) : resource,
    ]),
  ),
});

/** A template whose functions with an image use one that is pushed already: to build one needs Docker. */
export const withImage = (template: ParsedTemplate, imageUri: string): ParsedTemplate =>
  withFunctions(template, (resource) => {
    if (resource.Properties?.PackageType !== "Image") return resource;
    const { Metadata: _, ...rest } = resource;
    return { ...rest, Type: resource.Type, Properties: { ...resource.Properties, ImageUri: imageUri } };
  });

const hosted =
  (url: string): Change =>
  (resource) => {
    const { Environment } = resource.Properties ?? {};
    const variables = isRecord(Environment) && isRecord(Environment.Variables) ? Environment.Variables : {};
    const Variables = { ...variables, MINISTACK_LAMBDA_PROXY_URL: url };
    return { ...resource, Properties: { ...resource.Properties, Environment: { Variables } } };
  };

/**
 * The copy of a template for another emulator, before which no gateway stands: without what it cannot make, and with
 * the laptop's addresses for functions and HTTP APIs.
 */
export const copyForEmulator = (
  template: ParsedTemplate,
  { hostUrl, apiOrigin }: EmulatorCopy,
): ParsedTemplate => {
  const supported = supportedTemplate(template, KNOWN_TO_OUR_ENGINE).template;
  const text = JSON.stringify(withFunctions(supported, hosted(hostUrl)));
  return JSON.parse(text.replace(/\$\{\w+\.ApiEndpoint\}/g, apiOrigin)) as ParsedTemplate;
};
