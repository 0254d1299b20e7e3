import { createHash } from "node:crypto";
import { type HeaderMap, type ReceivedRequest, SignatureError, splitTarget } from "./request";

export const sha256 = (data: Buffer | string): string => createHash("sha256").update(data).digest("hex");

/** Everything but letters, digits and `-_.~` as `%XX`. */
const encode = (text: string): string =>
  encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );

const decode = (text: string): string => {
  try {
    // A plus is a space, to the signer and to what stands behind.
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    throw new SignatureError("IncompleteSignature", "The query is not well encoded");
  }
};

const compare = (one: string, other: string): number => (one < other ? -1 : one > other ? 1 : 0);

const canonicalQuery = (query: string): string =>
  query
    .split("&")
    .filter((pair) => pair !== "")
    .map((pair) => {
      const mark = pair.indexOf("=");
      const [name, value] = mark < 0 ? [pair, ""] : [pair.slice(0, mark), pair.slice(mark + 1)];
      return [encode(decode(name)), encode(decode(value))] as const;
    })
    .sort(([name, value], [otherName, otherValue]) => compare(name, otherName) || compare(value, otherValue))
    .map(([name, value]) => `${name}=${value}`)
    .join("&");

/**
 * The path as signed. S3 signs it as sent. The others encode what was sent once more, after `.`, `..` and empty
 * parts were taken out: a path that still has them was changed on its way, or means to be read in two ways.
 */
const canonicalPath = (path: string, service: string): string => {
  if (service === "s3") return path;
  if (/(^|\/)\.{0,2}\/|\/\.{1,2}$/.test(path.slice(1))) {
    throw new SignatureError("SignatureDoesNotMatch", "The path has empty or dot segments");
  }
  return path.split("/").map(encode).join("/");
};

const canonicalHeaders = (headers: HeaderMap, signed: readonly string[]): string =>
  signed
    .map((name) => {
      const values = headers.get(name);
      if (values === undefined) {
        throw new SignatureError("SignatureDoesNotMatch", `The signed header ${name} is missing`);
      }
      return `${name}:${values.map((value) => value.trim().replace(/\s+/g, " ")).join(",")}\n`;
    })
    .join("");

/**
 * The text whose hash is signed.
 *
 * @param payloadHash hex, or S3's word for a body that is signed in another way
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
export const canonicalRequest = (
  { method, target }: ReceivedRequest,
  headers: HeaderMap,
  signed: readonly string[],
  service: string,
  payloadHash: string,
): string => {
  const { path, query } = splitTarget(target);
  return [
    method,
    canonicalPath(path, service),
    canonicalQuery(query),
    canonicalHeaders(headers, signed),
    signed.join(";"),
    payloadHash,
  ].join("\n");
};
