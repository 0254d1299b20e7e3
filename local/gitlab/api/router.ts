import type { RequestHandler } from "./http";

/** Selects the injected faults that apply to a route. None apply to the page and to fault injection itself. */
export type RouteArea = "api" | "runner" | "page";

export interface Route {
  readonly method: string;
  /** E.g. `/api/v4/projects/:id/jobs/:job_id`. Parameters are positive integers, `:name` any text. */
  readonly pattern: string;
  readonly area: RouteArea;
  /** Whether the access token is checked before the handler sees the request. */
  readonly needsToken: boolean;
  readonly handler: RequestHandler;
}

/** Returns a function that builds routes with the same area, authentication and prefix. */
export const routesOf =
  (area: RouteArea, needsToken: boolean, prefix = "/api/v4") =>
  (method: string, path: string, handler: RequestHandler): Route => ({
    method,
    pattern: `${prefix}${path}`,
    area,
    needsToken,
    handler,
  });
