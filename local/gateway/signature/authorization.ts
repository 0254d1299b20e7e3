import { type HeaderMap, SignatureError, single } from "./request";

/** What a credential is good for. */
export interface Scope {
  /** e.g. `20260131` */
  readonly date: string;
  readonly region: string;
  /** The service's signing name, e.g. `dynamodb`. */
  readonly service: string;
}

export interface Authorization extends Scope {
  readonly accessKeyId: string;
  /** In alphabetical order. */
  readonly signedHeaders: readonly string[];
  readonly signature: string;
}

const FORM =
  /^AWS4-HMAC-SHA256\s+Credential=([\w-]+)\/(\d{8})\/([a-z0-9-]+)\/([a-z0-9-]+)\/aws4_request,\s*SignedHeaders=([a-z0-9;_-]+),\s*Signature=([0-9a-f]{64})$/;

/** @throws SignatureError when there is no signature, or one of another form */
export const parseAuthorization = (headers: HeaderMap): Authorization => {
  const header = single(headers, "authorization");
  if (header === undefined) {
    throw new SignatureError("MissingAuthenticationToken", "Missing Authentication Token");
  }
  const [, accessKeyId = "", date = "", region = "", service = "", names = "", signature = ""] =
    FORM.exec(header) ?? [];
  if (accessKeyId === "") {
    throw new SignatureError(
      "IncompleteSignature",
      "The Authorization header is not one of AWS4-HMAC-SHA256",
    );
  }
  return { accessKeyId, date, region, service, signature, signedHeaders: names.split(";") };
};

/** Headers that decide what a request means. One that nobody signed could be put there by anybody. */
const decides = (name: string): boolean =>
  name === "host" || name === "content-type" || name === "content-encoding" || name.startsWith("x-amz-");

/** @throws SignatureError when a header that counts is not signed, or the list is out of order */
export const requireSignedHeaders = (headers: HeaderMap, signed: readonly string[]): void => {
  const unsigned = ["host", ...headers.keys()].filter((name) => decides(name) && !signed.includes(name));
  if (unsigned.length > 0) {
    throw new SignatureError(
      "SignatureDoesNotMatch",
      `There were headers present in the request which were not signed: ${unsigned.join(", ")}`,
    );
  }
  if (signed.join() !== [...new Set(signed)].sort().join()) {
    throw new SignatureError("IncompleteSignature", "SignedHeaders is not in alphabetical order");
  }
};
