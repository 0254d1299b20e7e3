import type { Handler } from "./http";

export type Area = "api" | "runner" | "page";

export interface Route {
  readonly method: string;
  /** E.g. `/api/v4/projects/:id/jobs/:job_id`; what begins with a colon is a positive whole number. */
  readonly pattern: string;
  readonly area: Area;
  /** Whether PRIVATE-TOKEN is asked for before the handler sees the call. */
  readonly needsToken: boolean;
  readonly handler: Handler;
}

export interface Found {
  readonly route: Route;
  readonly ids: Readonly<Record<string, number>>;
}

const ID = /^[1-9]\d{0,15}$/;

const match = (pattern: string, path: string): Record<string, number> | undefined => {
  const wanted = pattern.split("/");
  const given = path.split("/");
  if (wanted.length !== given.length) return undefined;
  const ids: Record<string, number> = {};
  for (const [index, part] of wanted.entries()) {
    const value = given[index] ?? "";
    if (part.startsWith(":") ? !ID.test(value) : part !== value) return undefined;
    if (part.startsWith(":")) ids[part.slice(1)] = Number(value);
  }
  return ids;
};

/** Finds the route for a request: exact parts go before ids by the order of the list. */
export const findRoute = (routes: readonly Route[], method: string, path: string): Found | undefined => {
  for (const route of routes) {
    if (route.method !== method) continue;
    const ids = match(route.pattern, path);
    if (ids !== undefined) return { route, ids };
  }
  return undefined;
};

/** A maker of routes of one area, so that a list of routes reads as one. */
export const routesOf =
  (area: Area, needsToken: boolean, prefix = "/api/v4") =>
  (method: string, path: string, handler: Handler): Route => ({
    method,
    pattern: `${prefix}${path}`,
    area,
    needsToken,
    handler,
  });
