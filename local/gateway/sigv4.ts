import {
  type Authorization,
  parseAuthorization,
  requireSignedHeaders,
  type Scope,
} from "./signature/authorization";
import { canonicalRequest, sha256 } from "./signature/canonical-request";
import { verifyChunks } from "./signature/chunked-body";
import { type PresignedAuthorization, parsePresigned, withoutSignature } from "./signature/presigned";
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

/** @param lastsMs how long a signature is good for */
const requireTime = (text: string, scope: Scope, now: number, lastsMs = WINDOW_MS): string => {
  const time = timeOf(text);
  if (Number.isNaN(time)) throw new SignatureError("IncompleteSignature", "X-Amz-Date is missing or no date");
  if (time > now + WINDOW_MS || now > time + lastsMs) {
    throw new SignatureError("RequestTimeTooSkewed", `Signature not current: ${text} is too far from now`);
  }
  if (!text.startsWith(scope.date)) {
    throw new SignatureError("SignatureDoesNotMatch", "Date in Credential scope does not match X-Amz-Date");
  }
  return text;
};

const requireSecret = (
  { secretOf }: VerifierSettings,
  sessionToken: string | undefined,
  { accessKeyId }: Authorization,
): Secret => {
  const secret = secretOf(accessKeyId);
  const isKnown = secret !== undefined && sessionToken === secret.sessionToken;
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

const requireSame = (calculated: string, given: string): void => {
  if (isSame(calculated, given)) return;
  throw new SignatureError(
    "SignatureDoesNotMatch",
    "The request signature we calculated does not match the signature you provided.",
  );
};

const withoutType = (headers: HeaderMap): HeaderMap =>
  new Map([...headers].filter(([name]) => name !== "content-type" && name !== "content-encoding"));

/**
 * Verifies AWS Signature Version 4 over requests as they were received: body, path, query and every header that
 * decides what they mean. Of S3 the signature may also stand in the query, a presigned address: it is for a body of any kind.
 *
 * @returns a function that throws SignatureError when one byte is not as signed
 */
export const signatureVerifier = (settings: VerifierSettings): ((request: ReceivedRequest) => Verified) => {
  const keyOf = signingKeys();
  const verifyPresigned = (request: ReceivedRequest, authorization: PresignedAuthorization): Verified => {
    const { accessKeyId, signature, signedHeaders, date, region, service, sessionToken } = authorization;
    const headers = headersOf(request);
    if (headers.has("authorization")) {
      throw new SignatureError("InvalidArgument", "Only one auth mechanism allowed");
    }
    // Whoever uploads says of what type the body is.
    requireSignedHeaders(withoutType(headers), signedHeaders);
    requireRegion(authorization, settings.region);
    const lastsMs = authorization.expiresSeconds * 1_000;
    const time = requireTime(authorization.time, authorization, settings.now(), lastsMs);
    const { secretAccessKey } = requireSecret(settings, sessionToken, authorization);
    const signed = { ...request, target: withoutSignature(request.target) };
    const canonical = canonicalRequest(signed, headers, signedHeaders, service, "UNSIGNED-PAYLOAD");
    const text = ["AWS4-HMAC-SHA256", time, scopeText(authorization), sha256(canonical)].join("\n");
    requireSame(sign(keyOf(accessKeyId, secretAccessKey, authorization), text), signature);
    return { accessKeyId, date, region, service };
  };
  return (request) => {
    const headers = headersOf(request);
    const presigned = parsePresigned(request.target);
    if (presigned !== undefined) return verifyPresigned(request, presigned);
    const authorization = parseAuthorization(headers);
    const { accessKeyId, signature, signedHeaders, date, region, service } = authorization;
    requireSignedHeaders(headers, signedHeaders);
    requireRegion(authorization, settings.region);
    const time = requireTime(single(headers, "x-amz-date") ?? "", authorization, settings.now());
    const { secretAccessKey } = requireSecret(
      settings,
      single(headers, "x-amz-security-token"),
      authorization,
    );
    const hash = payloadHash(headers, request);
    const key = keyOf(accessKeyId, secretAccessKey, authorization);
    const canonical = canonicalRequest(request, headers, signedHeaders, service, hash);
    const scope = scopeText(authorization);
    requireSame(sign(key, ["AWS4-HMAC-SHA256", time, scope, sha256(canonical)].join("\n")), signature);
    if (hash.startsWith(SIGNED_CHUNKS)) {
      verifyChunks(request.body, { key, seed: signature, time, scope }, hash === `${SIGNED_CHUNKS}-TRAILER`);
    }
    return { accessKeyId, date, region, service };
  };
};
