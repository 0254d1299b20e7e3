import { supportedTemplate } from "../../engine/supported-template";
import { parseTemplate } from "../../engine/template-file";
import type { AdmittedCall, Upstream } from "../../gateway";

const TAKE_A_TEMPLATE: readonly string[] = ["CreateChangeSet", "CreateStack", "UpdateStack"];

/** The engine goes by this field where there is one (supported_templates.py). */
const FIELD = "LaptopTemplate";

/** Reads an object of S3 by its path, e.g. `/bucket/key`. */
export type ReadObject = (path: string) => Promise<Buffer>;

const withBody = (call: AdmittedCall, body: Buffer): AdmittedCall => ({
  ...call,
  request: { ...call.request, body },
});

/** The call's template; undefined without one, or where it is not to be had: that is the engine's to say. */
const templateOf = async (form: URLSearchParams, readObject: ReadObject): Promise<string | undefined> => {
  const body = form.get("TemplateBody");
  const url = form.get("TemplateURL") ?? "";
  if (body !== null || !URL.canParse(url)) return body ?? undefined;
  return readObject(new URL(url).pathname).then(
    (object) => object.toString("utf8"),
    () => undefined,
  );
};

const supported = (text: string | undefined): ReturnType<typeof supportedTemplate> | undefined => {
  try {
    return text === undefined ? undefined : supportedTemplate(parseTemplate(text));
  } catch {
    return undefined;
  }
};

/**
 * Takes out of each template that is deployed what the engine cannot make.
 *
 * @param onDropped told of each resource that was taken out, with its stack
 */
export const withSupportedTemplates =
  (readObject: ReadObject, onDropped: (sentence: string) => void, behind: Upstream): Upstream =>
  async (call, response) => {
    if (call.service !== "cloudformation" || !TAKE_A_TEMPLATE.includes(call.operation))
      return behind(call, response);
    const form = new URLSearchParams(call.request.body.toString("utf8"));
    // The operator is the one who deploys, but a field of ours comes from us alone.
    form.delete(FIELD);
    const found = supported(await templateOf(form, readObject));
    for (const resource of found?.dropped ?? [])
      onDropped(`${form.get("StackName")} is deployed without ${resource}`);
    if (found !== undefined && found.dropped.length > 0) form.set(FIELD, JSON.stringify(found.template));
    await behind(withBody(call, Buffer.from(form.toString())), response);
  };
