import { badParameter } from "./api-error";
import { queryOf, type RequestContext, readBody } from "./http";

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    throw badParameter("Invalid JSON in the request body");
  }
};

const addFormValue = (values: Record<string, unknown>, name: string, value: string): void => {
  const isList = name.endsWith("[]");
  const key = isList ? name.slice(0, -2) : name;
  const before = Object.hasOwn(values, key) ? values[key] : undefined;
  values[key] = isList ? [...(Array.isArray(before) ? before : []), value] : value;
};

const formValues = (form: URLSearchParams): Record<string, unknown> => {
  const values: Record<string, unknown> = Object.create(null);
  for (const [name, value] of form) addFormValue(values, name, value);
  return values;
};

const bodyValues = async (request: RequestContext): Promise<Record<string, unknown>> => {
  const text = (await readBody(request)).toString("utf8");
  if (text.trim() === "") return {};
  if (request.req.header("content-type")?.startsWith("application/x-www-form-urlencoded")) {
    return formValues(new URLSearchParams(text));
  }
  const value = parseJson(text);
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw badParameter("The request body must be an object");
  }
  return { ...value };
};

/** The parameters of a request. As in GitLab, they come from the query and the body. */
export const readParameters = async (request: RequestContext): Promise<RequestParameters> =>
  new RequestParameters({ ...formValues(queryOf(request)), ...(await bodyValues(request)) });

/** The parameters of a request without a body. */
export const queryParameters = (request: RequestContext): RequestParameters =>
  new RequestParameters(formValues(queryOf(request)));

/** The spellings of a boolean that GitLab accepts: those of dry-types' `Params::Bool`, which Grape uses. */
const TRUE: readonly string[] = "1 on On ON t true True TRUE T y yes Yes YES Y".split(" ");
const FALSE: readonly string[] = "0 off Off OFF f false False FALSE F n no No NO N".split(" ");

/** Reads parameters with types. @throws ApiError 400 with GitLab's message for a wrong value */
export class RequestParameters {
  constructor(private readonly values: Readonly<Record<string, unknown>>) {}

  has(name: string): boolean {
    const value = this.raw(name);
    return value !== undefined && value !== null;
  }

  raw(name: string): unknown {
    return Object.hasOwn(this.values, name) ? this.values[name] : undefined;
  }

  text(name: string): string | undefined {
    const value = this.raw(name);
    if (value === undefined || value === null) return undefined;
    if (typeof value === "object") throw badParameter(`${name} is invalid`);
    return String(value);
  }

  integer(name: string): number | undefined {
    const text = this.text(name);
    if (text === undefined || text === "") return undefined;
    if (!/^-?\d{1,16}$/.test(text)) throw badParameter(`${name} is invalid`);
    return Number(text);
  }

  flag(name: string): boolean | undefined {
    const text = this.text(name);
    if (text === undefined || text === "") return undefined;
    if (!TRUE.includes(text) && !FALSE.includes(text)) throw badParameter(`${name} is invalid`);
    return TRUE.includes(text);
  }

  /** An array, or a comma-separated text. */
  list(name: string): readonly string[] | undefined {
    const value = this.raw(name);
    if (Array.isArray(value)) return value.map(String);
    const text = this.text(name);
    return text
      ?.split(",")
      .map((part) => part.trim())
      .filter(Boolean);
  }

  record(name: string): RequestParameters {
    const value = this.raw(name);
    const isRecord = typeof value === "object" && value !== null && !Array.isArray(value);
    return new RequestParameters(isRecord ? { ...value } : {});
  }

  choice<Choice extends string>(name: string, choices: readonly Choice[]): Choice | undefined {
    const text = this.text(name);
    const known = choices.find((choice) => choice === text);
    if (text !== undefined && known === undefined) throw badParameter(`${name} does not have a valid value`);
    return known;
  }
}
