import { parseForm, textAt } from "../../ec2/api/query-form";
import { headersOf, type ReceivedRequest, single, splitTarget } from "../signature/request";
import { isFields } from "./fields";
import { type Need, type NeedsOf, type Operations, type Place, UnclearCallError } from "./need";
import { readS3 } from "./s3/read-s3";
import { SERVICES, type Service } from "./services";

/** A call as far as it can be told from its bytes. */
export interface ReadCall {
  /** The name under which it is signed, e.g. `dynamodb`. */
  readonly service: string;
  /** e.g. `GetItem`; method and path where the service or the path is not known. */
  readonly operation: string;
  /** Absent when nothing is known of the operation. */
  readonly needs?: (place: Place) => Promise<readonly Need[]>;
}

const withNeeds = <Input>(
  service: string,
  operation: string,
  operations: Operations<Input>,
  input: () => Input,
): ReadCall => {
  const needsOf: NeedsOf<Input> | undefined = Object.hasOwn(operations, operation)
    ? operations[operation]
    : undefined;
  if (needsOf === undefined) return { service, operation };
  const needs = async (place: Place): Promise<readonly Need[]> => {
    const all = await needsOf(input(), place);
    if (all.length === 0) throw new UnclearCallError(`${operation} names nothing that it is about`);
    return all;
  };
  return { service, operation, needs };
};

const parseJson = (body: Buffer): Readonly<Record<string, unknown>> => {
  try {
    const value: unknown = JSON.parse(body.toString("utf8") || "{}");
    if (isFields(value)) return value;
  } catch {
    // Said below.
  }
  throw new UnclearCallError("The body is no JSON object");
};

type Protocol<Name extends Service["protocol"]> = Service & { readonly protocol: Name };

const readJson = (name: string, service: Protocol<"json">, request: ReceivedRequest): ReadCall => {
  const target = single(headersOf(request), "x-amz-target") ?? "";
  const [prefix, operation = ""] = target.split(".");
  if (prefix !== service.target || request.method !== "POST" || request.target !== "/") {
    throw new UnclearCallError(
      `Calls of ${name} are POST / with X-Amz-Target: ${service.target}.<operation>`,
    );
  }
  return withNeeds(name, operation, service.operations, () => parseJson(request.body));
};

/** The form, from the body or from the address, but never from both. */
const formOf = ({ method, target, body }: ReceivedRequest): string => {
  const { path, query } = splitTarget(target);
  const text = method === "GET" ? query : body.toString("utf8");
  const isPlain = path === "/" && (method === "GET" ? body.length === 0 : method === "POST" && query === "");
  if (!isPlain)
    throw new UnclearCallError("Calls of this service are a form, in the body of POST / or after GET /?");
  const names = [...new URLSearchParams(text).keys()];
  if (new Set(names).size < names.length) throw new UnclearCallError("A field of the form is there twice");
  return text;
};

const readQuery = (name: string, service: Protocol<"query">, request: ReceivedRequest): ReadCall => {
  const form = parseForm(formOf(request));
  const operation = textAt(form, "Action");
  if (operation === undefined) throw new UnclearCallError("The form has no Action");
  return withNeeds(name, operation, service.operations, () => form);
};

const labelsOf = (template: string, path: string): Record<string, string> | undefined => {
  const wanted = template.split("/");
  const parts = path.split("/");
  if (wanted.length !== parts.length) return undefined;
  const labels: Record<string, string> = {};
  for (const [index, part] of wanted.entries()) {
    const given = decodeURIComponent(parts[index] ?? "");
    const label = /^\{(\w+)\}$/.exec(part)?.[1];
    if (label !== undefined) labels[label] = given;
    else if (part !== given) return undefined;
  }
  return labels;
};

const readPath = (name: string, service: Protocol<"path">, request: ReceivedRequest): ReadCall => {
  const { path, query } = splitTarget(request.target);
  for (const [operation, method, template] of service.paths) {
    const labels = method === request.method ? labelsOf(template, path) : undefined;
    if (labels === undefined) continue;
    return withNeeds(name, operation, service.operations, () => ({
      labels,
      query: new URLSearchParams(query),
      body: () => parseJson(request.body),
    }));
  }
  return { service: name, operation: `${request.method} ${path}` };
};

/** What stands behind goes by X-Amz-Target first: with a service that has none it would mean another call. */
const refuseTarget = (name: string, request: ReceivedRequest): void => {
  if (!headersOf(request).has("x-amz-target")) return;
  const prefix = single(headersOf(request), "x-amz-target")?.split(".")[0];
  const isOfAnother = Object.values(SERVICES).some((one) => one.protocol === "json" && one.target === prefix);
  if (isOfAnother)
    throw new UnclearCallError(`A call that is signed for ${name} has the X-Amz-Target ${prefix}`);
};

/**
 * Reads which operation a request means and what it needs.
 *
 * @param name the service of its signature
 * @throws UnclearCallError when it might mean one thing here and another behind
 */
export const readCall = (name: string, request: ReceivedRequest): ReadCall => {
  if (headersOf(request).has("content-encoding") && name !== "s3") {
    throw new UnclearCallError("The body is encoded");
  }
  const service = Object.hasOwn(SERVICES, name) ? SERVICES[name] : undefined;
  if (service?.protocol === "json") return readJson(name, service, request);
  refuseTarget(name, request);
  if (name === "s3") {
    const { operation, needs } = readS3(request);
    return { service: name, operation, ...(needs ? { needs: async () => needs } : {}) };
  }
  if (service?.protocol === "query") return readQuery(name, service, request);
  if (service?.protocol === "path") return readPath(name, service, request);
  return { service: name, operation: `${request.method} ${splitTarget(request.target).path}` };
};
