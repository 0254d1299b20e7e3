/**
 * Why a request for a job failed.
 *
 * - `unreachable`: there was no usable answer from GitLab.
 * - `rejected`: GitLab refuses the runner. `forbidden` is what a deleted, an expired and an unknown token get alike; a paused
 *   runner is told that there is no job.
 * - `throttled`: GitLab asks for fewer requests.
 */
export type RequestFailure =
  | { readonly code: "unreachable"; readonly detail: UnreachableDetail; readonly reason: string }
  | { readonly code: "rejected"; readonly detail: RejectedDetail; readonly reason: string }
  | { readonly code: "throttled"; readonly reason: string };

/** The cause. `not-gitlab`: another server answers at that address. `no-answer`: a connection, but no answer in time. */
export type UnreachableDetail =
  | "name"
  | "connection"
  | "certificate"
  | "proxy"
  | "url"
  | "server"
  | "not-gitlab"
  | "no-answer";

export type RejectedDetail = "forbidden" | "unauthorized" | "gone" | "orphaned";

const REJECTED: Readonly<Record<number, RejectedDetail>> = {
  401: "unauthorized",
  403: "forbidden",
  410: "gone",
  422: "orphaned",
};

/** Go's error texts below HTTP. The first match counts; everything else is `connection`. */
const NETWORK: readonly (readonly [RegExp, UnreachableDetail])[] = [
  [/proxyconnect|Proxy Authentication/i, "proxy"],
  [/only http or https scheme|parse URL|unsupported protocol/, "url"],
  [/x509:|tls:|certificate|TLS handshake/, "certificate"],
  [/no such host|\blookup \S+|server misbehaving/, "name"],
  [/not application\/json|decoding json|malformed HTTP/, "not-gitlab"],
];

/** The status in `401 Unauthorized` and in `POST https://…: 401 Unauthorized (…)`; undefined for a network error. */
const httpStatus = (text: string): number | undefined => {
  const digits = /(?:^|: )([1-5]\d\d)(?: |$)/.exec(text)?.[1];
  return digits === undefined ? undefined : Number(digits);
};

const unreachable = (text: string, status: number | undefined): UnreachableDetail => {
  if (status === 407) return "proxy";
  if (status !== undefined) return status >= 500 ? "server" : "not-gitlab";
  return NETWORK.find(([words]) => words.test(text))?.[1] ?? "connection";
};

/** @param reason the field `status` of the runner's log line: an HTTP status with its message, or a network error */
export const requestFailure = (reason: string): RequestFailure => {
  const status = httpStatus(reason);
  const rejected = status === undefined ? undefined : REJECTED[status];
  if (rejected) return { code: "rejected", detail: rejected, reason };
  if (status === 429) return { code: "throttled", reason };
  return { code: "unreachable", detail: unreachable(reason, status), reason };
};
