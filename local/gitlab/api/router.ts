import type { RequestHandler } from "./http";

/** Which faults a route is open to; those of the page and the fault switch never fail. */
export type RouteArea = "api" | "runner" | "page";

export interface Route {
  readonly method: string;
  /** E.g. `/api/v4/projects/:id/jobs/:job_id`; what begins with a colon is a positive whole number. */
  readonly pattern: string;
  readonly area: RouteArea;
  /** Whether the access token is checked before the handler sees the request. */
  readonly needsToken: boolean;
  readonly handler: RequestHandler;
}

/** A maker of routes of one area, so that a list of routes reads as one. */
export const routesOf =
  (area: RouteArea, needsToken: boolean, prefix = "/api/v4") =>
  (method: string, path: string, handler: RequestHandler): Route => ({
    method,
    pattern: `${prefix}${path}`,
    area,
    needsToken,
    handler,
  });
