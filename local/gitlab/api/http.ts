import type { IncomingMessage, ServerResponse } from "node:http";

/** An answer to be sent; `body` is sent as JSON unless it is text with a content type of its own. */
export interface Answer {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A refusal in GitLab's shape: `{"message": …}`, or `{"error": …}` for parameters. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, body: Record<string, unknown>, headers: Record<string, string> = {}) {
    super(JSON.stringify(body));
    this.status = status;
    this.body = body;
    this.headers = headers;
  }
}

export const unauthorized = (): ApiError => new ApiError(401, { message: "401 Unauthorized" });

export const forbidden = (reason?: string, headers: Record<string, string> = {}): ApiError =>
  new ApiError(
    403,
    { message: reason === undefined ? "403 Forbidden" : `403 Forbidden - ${reason}` },
    headers,
  );

export const notFound = (what?: string): ApiError =>
  new ApiError(404, { message: what === undefined ? "404 Not found" : `404 ${what} Not Found` });

export const badParameter = (error: string): ApiError => new ApiError(400, { error });

export const badRequest = (message: string): ApiError =>
  new ApiError(400, { message: `400 Bad request - ${message}` });

/** One request on its way to a handler. */
export interface Call {
  readonly request: IncomingMessage;
  readonly url: URL;
  /** Ids of the path, e.g. `{ id: 42, job_id: 7 }`. */
  readonly ids: Readonly<Record<string, number>>;
  /** Aborted when the caller hangs up. */
  readonly signal: AbortSignal;
}

export type Handler = (call: Call) => Answer | Promise<Answer>;

/** The most that a body may hold, in bytes; a log part of a runner has 1 MiB. */
const BODY_LIMIT = 4 * 1024 * 1024;

/** Reads the body; 413 when it is too long. */
export const readBody = async (request: IncomingMessage): Promise<Buffer> => {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of request) {
    size += part.length;
    if (size > BODY_LIMIT) throw new ApiError(413, { message: "413 Request Entity Too Large" });
    parts.push(part);
  }
  return Buffer.concat(parts);
};

/** Reads a body to its end without keeping it. @returns its size in bytes */
export const discardBody = async (request: IncomingMessage): Promise<number> => {
  let size = 0;
  for await (const part of request) size += part.length;
  return size;
};

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    throw badParameter("Invalid JSON in the request body");
  }
};

/** Sends an answer; texts go as they are, everything else as JSON. */
export const send = (response: ServerResponse, answer: Answer): void => {
  const isText = typeof answer.body === "string" || Buffer.isBuffer(answer.body);
  const body = isText ? answer.body : JSON.stringify(answer.body ?? null);
  const hasBody = answer.body !== undefined && answer.status !== 204;
  const type: Record<string, string> = hasBody ? { "content-type": "application/json" } : {};
  response.writeHead(answer.status, { ...type, "cache-control": "no-store", ...answer.headers });
  response.end(hasBody ? body : undefined);
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

const bodyValues = async (request: IncomingMessage): Promise<Record<string, unknown>> => {
  const text = (await readBody(request)).toString("utf8");
  if (text.trim() === "") return {};
  if (request.headers["content-type"]?.startsWith("application/x-www-form-urlencoded")) {
    return formValues(new URLSearchParams(text));
  }
  const value = parseJson(text);
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw badParameter("The request body must be an object");
  }
  return { ...value };
};

/** The parameters of a call: query and body together, as GitLab takes them. */
export const readParameters = async (call: Call): Promise<Parameters> =>
  new Parameters({ ...formValues(call.url.searchParams), ...(await bodyValues(call.request)) });

/** The parameters of a call without a body. */
export const queryParameters = (call: Call): Parameters => new Parameters(formValues(call.url.searchParams));

/** Typed reading of parameters; what does not fit is a 400 in GitLab's words. */
export class Parameters {
  readonly #values: Readonly<Record<string, unknown>>;

  constructor(values: Readonly<Record<string, unknown>>) {
    this.#values = values;
  }

  has(name: string): boolean {
    const value = this.raw(name);
    return value !== undefined && value !== null;
  }

  raw(name: string): unknown {
    return Object.hasOwn(this.#values, name) ? this.#values[name] : undefined;
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
    if (text !== "true" && text !== "false") throw badParameter(`${name} is invalid`);
    return text === "true";
  }

  /** An array, or a text with commas. */
  list(name: string): readonly string[] | undefined {
    const value = this.raw(name);
    if (Array.isArray(value)) return value.map(String);
    const text = this.text(name);
    return text
      ?.split(",")
      .map((part) => part.trim())
      .filter(Boolean);
  }

  record(name: string): Parameters {
    const value = this.raw(name);
    const isRecord = typeof value === "object" && value !== null && !Array.isArray(value);
    return new Parameters(isRecord ? { ...value } : {});
  }

  choice<Choice extends string>(name: string, choices: readonly Choice[]): Choice | undefined {
    const text = this.text(name);
    const known = choices.find((choice) => choice === text);
    if (text !== undefined && known === undefined) throw badParameter(`${name} does not have a valid value`);
    return known;
  }
}
