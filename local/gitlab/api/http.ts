import type { HttpBindings } from "@hono/node-server";
import type { Context } from "hono";
import { ApiError } from "./api-error";

export interface HttpEnvironment {
  Bindings: HttpBindings;
}

/** A request and its context, as a handler receives it. */
export type RequestContext = Context<HttpEnvironment>;

export type RequestHandler = (request: RequestContext) => Response | Promise<Response>;

/** The largest body that is read, in bytes. A runner sends its log in parts of 1 MiB. */
const MAX_BODY_BYTES = 4 * 1024 * 1024;

export const json = (body: unknown, status = 200, headers: Readonly<Record<string, string>> = {}): Response =>
  Response.json(body, { status, headers });

export const noContent = (headers: Readonly<Record<string, string>> = {}): Response =>
  new Response(null, { status: 204, headers });

export const plainText = (body: string | Buffer<ArrayBuffer>): Response =>
  new Response(body, { headers: { "content-type": "text/plain; charset=utf-8" } });

/** An id in the path, e.g. `idOf(request, "job_id")`; undefined when the route has no such parameter. */
export const idOf = (request: RequestContext, name: string): number | undefined => {
  const text = request.req.param(name);
  return text === undefined ? undefined : Number(text);
};

export const queryOf = (request: RequestContext): URLSearchParams => new URL(request.req.url).searchParams;

/** Reads the body; 413 when it is too long. */
export const readBody = async (request: RequestContext): Promise<Buffer<ArrayBuffer>> => {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of request.env.incoming) {
    size += part.length;
    if (size > MAX_BODY_BYTES) throw new ApiError(413, { message: "413 Request Entity Too Large" });
    parts.push(part);
  }
  return Buffer.concat(parts);
};

/** Reads a body to its end without keeping it. @returns its size in bytes */
export const discardBody = async (request: RequestContext): Promise<number> => {
  let size = 0;
  for await (const part of request.env.incoming) size += part.length;
  return size;
};
