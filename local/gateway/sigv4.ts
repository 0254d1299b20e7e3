import {
  type Authorization,
  parseAuthorization,
  requireSignedHeaders,
  type Scope,
} from "./signature/authorization";
import { canonicalRequest, sha256 } from "./signature/canonical-request";
import { verifyChunks } from "./signature/chunked-body";
import { type HeaderMap, headersOf, type ReceivedRequest, SignatureError, single } from "./signature/request";
import { isSame, scopeText, sign, signingKeys } from "./signature/signing-key";

export { type ReceivedRequest, SignatureError } from "./signature/request";

/** What a caller has to show that it is who it says. */
export interface Secret {
  readonly secretAccessKey: string;
  /** With temporary credentials. */
  readonly sessionToken?: string;
}

export interface VerifierSettings {
  readonly region: string;
  /** The secret behind an access key, if there is such a key and it has not expired. */
  readonly secretOf: (accessKeyId: string) => Secret | undefined;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** A request that was signed by who has the secret, as it stands, a moment ago. */
export interface Verified extends Scope {
  readonly accessKeyId: string;
}

const WINDOW_MS = 5 * 60_000;

const timeOf = (text: string): number => {
  const match = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text);
  const [, year, month, day, hour, minute, second] = match ?? [];
  return match ? Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`) : Number.NaN;
};

const requireTime = (headers: HeaderMap, scope: Scope, now: number): string => {
  const text = single(headers, "x-amz-date") ?? "";
  const time = timeOf(text);
  if (Number.isNaN(time)) throw new SignatureError("IncompleteSignature", "X-Amz-Date is missing or no date");
  if (Math.abs(now - time) > WINDOW_MS) {
    throw new SignatureError("RequestTimeTooSkewed", `Signature not current: ${text} is too far from now`);
  }
  if (!text.startsWith(scope.date)) {
    throw new SignatureError("SignatureDoesNotMatch", "Date in Credential scope does not match X-Amz-Date");
  }
  return text;
};

const requireSecret = (
  { secretOf }: VerifierSettings,
  headers: HeaderMap,
  { accessKeyId }: Authorization,
): Secret => {
  const secret = secretOf(accessKeyId);
  const isKnown = secret !== undefined && single(headers, "x-amz-security-token") === secret.sessionToken;
  if (!isKnown) {
    throw new SignatureError(
      "UnrecognizedClientException",
      "The security token included in the request is invalid.",
    );
  }
  return secret;
};

const SIGNED_CHUNKS = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD";

/**
 * What the request says of its body, which has to be true. Bodies that nobody signs are refused: over plain HTTP
 * no client of ours sends one.
 */
const payloadHash = (headers: HeaderMap, { body }: ReceivedRequest): string => {
  const stated = single(headers, "x-amz-content-sha256");
  if (stated?.startsWith(SIGNED_CHUNKS)) return stated;
  const actual = sha256(body);
  if (stated !== undefined && stated !== actual) {
    throw new SignatureError("XAmzContentSHA256Mismatch", "The body is not the one that was signed");
  }
  return actual;
};

const requireRegion = (scope: Scope, region: string): void => {
  if (scope.region === region) return;
  throw new SignatureError(
    "SignatureDoesNotMatch",
    `Credential should be scoped to a valid region, ${region}`,
  );
};

/**
 * Verifies AWS Signature Version 4 over requests as they were received: body, path, query and every header that
 * decides what they mean. A signature in the query (a presigned URL) counts as none.
 *
 * @returns a function that throws SignatureError when one byte is not as signed
 */
export const signatureVerifier = (settings: VerifierSettings): ((request: ReceivedRequest) => Verified) => {
  const keyOf = signingKeys();
  return (request) => {
    const headers = headersOf(request);
    const authorization = parseAuthorization(headers);
    const { accessKeyId, signature, signedHeaders, date, region, service } = authorization;
    requireSignedHeaders(headers, signedHeaders);
    requireRegion(authorization, settings.region);
    const time = requireTime(headers, authorization, settings.now());
    const { secretAccessKey } = requireSecret(settings, headers, authorization);
    const hash = payloadHash(headers, request);
    const key = keyOf(accessKeyId, secretAccessKey, authorization);
    const canonical = canonicalRequest(request, headers, signedHeaders, service, hash);
    const scope = scopeText(authorization);
    if (!isSame(sign(key, ["AWS4-HMAC-SHA256", time, scope, sha256(canonical)].join("\n")), signature)) {
      throw new SignatureError(
        "SignatureDoesNotMatch",
        "The request signature we calculated does not match the signature you provided.",
      );
    }
    if (hash.startsWith(SIGNED_CHUNKS)) {
      verifyChunks(request.body, { key, seed: signature, time, scope }, hash === `${SIGNED_CHUNKS}-TRAILER`);
    }
    return { accessKeyId, date, region, service };
  };
};
