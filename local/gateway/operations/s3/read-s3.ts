import { headersOf, type ReceivedRequest, splitTarget } from "../../signature/request";
import type { Need } from "../need";

/** What is known of an S3 request: its name, and the rights that it needs. */
export interface S3Call {
  readonly operation: string;
  readonly needs?: readonly Need[];
}

/** What a signature in the address consists of, and what the SDK calls the operation. */
const MEANS_NOTHING =
  /^(x-id|x-amz-checksum-mode|X-Amz-(Algorithm|Credential|Date|Expires|SignedHeaders|Signature|Security-Token|Content-Sha256))$/;
const OF_A_LIST =
  /^(list-type|prefix|delimiter|max-keys|continuation-token|start-after|encoding-type|marker)$/;

/** Headers that ask for nothing more than the operation's own right. A copy or an ACL needs others. */
const HARMLESS =
  /^x-amz-(date|content-sha256|security-token|user-agent|sdk-checksum-algorithm|checksum-[a-z0-9-]+|decoded-content-length|trailer)$/;

const BY_METHOD: Readonly<Record<string, readonly [operation: string, action: string]>> = {
  GET: ["GetObject", "s3:GetObject"],
  HEAD: ["HeadObject", "s3:GetObject"],
  PUT: ["PutObject", "s3:PutObject"],
  DELETE: ["DeleteObject", "s3:DeleteObject"],
};

const decoded = (path: string): string | undefined => {
  try {
    return decodeURIComponent(path);
  } catch {
    return undefined;
  }
};

/** Bucket and key of a path without empty and dot segments, which could mean another key behind. */
const placeOf = (path: string): readonly [bucket: string, key: string] | undefined => {
  const [, bucket = "", ...parts] = (decoded(path) ?? "").split("/");
  const isPlain = bucket !== "" && parts.every((part) => !["", ".", ".."].includes(part));
  const isBucket = parts.length === 0 || parts.join() === "";
  return isPlain || (bucket !== "" && isBucket) ? [bucket, parts.join("/")] : undefined;
};

/**
 * The calls that a cache makes, with the bucket in the path. Whatever else S3 can do is unknown, and the operator's alone.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html
 */
export const readS3 = (request: ReceivedRequest): S3Call => {
  const { path, query } = splitTarget(request.target);
  const unknown: S3Call = { operation: `${request.method} ${path}` };
  const place = placeOf(path);
  const known = BY_METHOD[request.method];
  const asksMore = [...headersOf(request).keys()].some(
    (name) => name.startsWith("x-amz-") && !HARMLESS.test(name),
  );
  if (place === undefined || known === undefined || asksMore) return unknown;
  const [bucket, key] = place;
  const names = [...new URLSearchParams(query).keys()].filter((name) => !MEANS_NOTHING.test(name));
  const resource = `arn:aws:s3:::${bucket}`;
  if (key === "") {
    const isList = request.method === "GET" && names.every((name) => OF_A_LIST.test(name));
    const prefix = new URLSearchParams(query).get("prefix") ?? "";
    const context = prefix === "" ? {} : { context: { "s3:prefix": prefix } };
    return isList
      ? { operation: "ListObjects", needs: [{ action: "s3:ListBucket", resource, ...context }] }
      : unknown;
  }
  if (names.length > 0) return unknown;
  const [operation, action] = known;
  return { operation, needs: [{ action, resource: `${resource}/${key}` }] };
};
