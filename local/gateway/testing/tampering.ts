import type { ReceivedRequest } from "../sigv4";

const flip = (text: string, at: number): string => {
  const old = text.charAt(at);
  return `${text.slice(0, at)}${old === "x" ? "y" : "x"}${text.slice(at + 1)}`;
};

/** A request with one header's value changed by a function; undefined where it has no such header. */
export const withHeader = (
  request: ReceivedRequest,
  name: string,
  change: (value: string) => string,
): ReceivedRequest => ({
  ...request,
  rawHeaders: request.rawHeaders.map((value, index, all) =>
    index % 2 === 1 && all[index - 1]?.toLowerCase() === name ? change(value) : value,
  ),
});

const authorization = (request: ReceivedRequest): string =>
  request.rawHeaders[request.rawHeaders.findIndex((name) => name.toLowerCase() === "authorization") + 1] ??
  "";

export const signedHeaders = (request: ReceivedRequest): readonly string[] =>
  /SignedHeaders=([^,]+)/.exec(authorization(request))?.[1]?.split(";") ?? [];

const withAuthorization = (request: ReceivedRequest, from: RegExp, to: string): ReceivedRequest =>
  withHeader(request, "authorization", (value) => value.replace(from, to));

/** A hex digit that the signature does not begin with. */
const anotherDigit = (request: ReceivedRequest): string =>
  authorization(request).includes("Signature=0") ? "1" : "0";

const without = (request: ReceivedRequest, name: string): ReceivedRequest => ({
  ...request,
  rawHeaders: request.rawHeaders.filter((_, index, all) => all[index - (index % 2)]?.toLowerCase() !== name),
});

const withBody = (request: ReceivedRequest): readonly ReceivedRequest[] =>
  [0, request.body.length >> 1, request.body.length - 1]
    .filter((at) => at >= 0 && at < request.body.length)
    .map((at) => {
      const body = Buffer.from(request.body);
      body[at] = (body[at] ?? 0) ^ 1;
      return { ...request, body };
    });

const withTarget = (request: ReceivedRequest): readonly ReceivedRequest[] => {
  const positions = [...request.target]
    .map((_, at) => at)
    .filter((at) => !"?=&%".includes(request.target.charAt(at)));
  const changed = positions.map((at) => flip(request.target, at));
  const joined = request.target.includes("?") ? "&" : "?";
  return [...changed, `${request.target}${joined}x=1`, `/x/..${request.target}`, `/.${request.target}`].map(
    (target) => ({
      ...request,
      target,
    }),
  );
};

/** A request changed in one place, in every way that matters. */
export const tampered = (request: ReceivedRequest): readonly ReceivedRequest[] => [
  ...withBody(request),
  { ...request, body: Buffer.concat([request.body, Buffer.from(" ")]) },
  ...withTarget(request),
  { ...request, method: request.method === "GET" ? "DELETE" : "GET" },
  ...signedHeaders(request).flatMap((name) => [
    withHeader(request, name, (value) => flip(value, value.length - 1)),
    without(request, name),
  ]),
  { ...request, rawHeaders: [...request.rawHeaders, "X-Amz-Target", "DynamoDB_20120810.Scan"] },
  withAuthorization(request, /\/\d{8}\//, "/20200101/"),
  withAuthorization(request, /eu-west-1/, "us-east-1"),
  withAuthorization(request, /\/[a-z0-9]+\/aws4_request/, "/other/aws4_request"),
  withAuthorization(request, /Credential=\w+/, "Credential=ANOTHER"),
  withAuthorization(request, /Signature=\w/, "Signature=g"),
  withAuthorization(request, /(?<=Signature=)[0-9a-f]/, anotherDigit(request)),
  withAuthorization(request, /;x-amz-date/, ""),
  without(request, "authorization"),
];
