import type { Authorization } from "./authorization";
import { SignatureError, splitTarget } from "./request";

/** A signature in a request's address. */
export interface PresignedAuthorization extends Authorization {
  /** e.g. `20260131T120000Z` */
  readonly time: string;
  readonly expiresSeconds: number;
  readonly sessionToken?: string;
}

const CREDENTIAL = /^([\w-]+)\/(\d{8})\/([a-z0-9-]+)\/([a-z0-9-]+)\/aws4_request$/;
/** https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html */
const LONGEST_SECONDS = 7 * 24 * 3_600;

const single = (query: URLSearchParams, name: string): string => {
  const [value, ...others] = query.getAll(name);
  if (value === undefined || others.length > 0) {
    throw new SignatureError("IncompleteSignature", `${name} is not there, or more than once`);
  }
  return value;
};

/** The query without its signature, which is what was signed. */
export const withoutSignature = (target: string): string => {
  const { path, query } = splitTarget(target);
  return `${path}?${query
    .split("&")
    .filter((pair) => !pair.startsWith("X-Amz-Signature="))
    .join("&")}`;
};

/**
 * The signature of a presigned address; undefined where the address has none.
 *
 * @throws SignatureError for one of another form
 */
export const parsePresigned = (target: string): PresignedAuthorization | undefined => {
  const query = new URLSearchParams(splitTarget(target).query);
  if (!query.has("X-Amz-Signature")) return undefined;
  const [, accessKeyId = "", date = "", region = "", service = ""] =
    CREDENTIAL.exec(single(query, "X-Amz-Credential")) ?? [];
  const expiresSeconds = Number(single(query, "X-Amz-Expires"));
  const isWhole =
    accessKeyId !== "" &&
    service === "s3" &&
    single(query, "X-Amz-Algorithm") === "AWS4-HMAC-SHA256" &&
    Number.isInteger(expiresSeconds) &&
    expiresSeconds > 0 &&
    expiresSeconds <= LONGEST_SECONDS;
  if (!isWhole) throw new SignatureError("IncompleteSignature", "The address is not one that S3 signs");
  return {
    accessKeyId,
    date,
    region,
    service,
    signature: single(query, "X-Amz-Signature"),
    signedHeaders: single(query, "X-Amz-SignedHeaders").split(";"),
    time: single(query, "X-Amz-Date"),
    expiresSeconds,
    ...(query.has("X-Amz-Security-Token") ? { sessionToken: single(query, "X-Amz-Security-Token") } : {}),
  };
};
