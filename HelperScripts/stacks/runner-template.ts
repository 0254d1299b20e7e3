import { type Document, parseDocument } from "yaml";
import { ConfigurationError } from "../../Core/errors";

/** LambdaShellRunner's template, changed as text: comments and short forms such as `!Ref` stay. */

const FUNCTION = ["Resources", "RunnerFunction"] as const;

const changed = (template: string, change: (document: Document) => void): string => {
  const document = parseDocument(template, { logLevel: "silent" });
  if (!document.hasIn([...FUNCTION, "Properties"]) || !document.hasIn([...FUNCTION, "Metadata"])) {
    throw new ConfigurationError(`LambdaShellRunner's template has no ${FUNCTION.join(".")} with Metadata`);
  }
  change(document as Document);
  return document.toString({ lineWidth: 0 });
};

/** The template with an image that is pushed already: SAM builds and pushes none then. */
export const templateWithImage = (template: string, uri: string): string =>
  changed(template, (document) => {
    document.deleteIn([...FUNCTION, "Metadata"]);
    document.setIn([...FUNCTION, "Properties", "ImageUri"], uri);
  });

/**
 * The template to build the image by, from another folder than its own.
 *
 * @param clone the image's build context
 * @param pins digests and checksums that the Dockerfile leaves open, by argument
 */
export const templateToBuild = (
  template: string,
  clone: string,
  pins: Readonly<Record<string, string>>,
): string =>
  changed(template, (document) => {
    document.setIn([...FUNCTION, "Metadata", "DockerContext"], clone);
    document.setIn([...FUNCTION, "Metadata", "DockerBuildArgs"], document.createNode(pins));
  });
