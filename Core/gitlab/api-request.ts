import type { HttpRequest } from "./http-exchange";

export interface ApiCall {
  readonly method: HttpRequest["method"];
  /** Path below `/api/v4`, built only from whole numbers and fixed words (T-18). */
  readonly path: string;
  readonly body?: object | undefined;
}

/**
 * A request to GitLab's REST API. The token goes into the header PRIVATE-TOKEN, and nowhere else.
 *
 * @param url GitLab's address, without a slash at the end
 * @param token undefined: the call has its token in the body, or none
 */
export const apiRequest = (url: string, token: string | undefined, { method, path, body }: ApiCall) => ({
  method,
  url: `${url}/api/v4${path}`,
  headers: {
    Accept: "application/json",
    "User-Agent": "gitlab-autoscaled-runners-on-aws",
    ...(token === undefined ? {} : { "PRIVATE-TOKEN": token }),
    ...(body === undefined ? {} : { "Content-Type": "application/json" }),
  },
  ...(body === undefined ? {} : { body: JSON.stringify(body) }),
});
