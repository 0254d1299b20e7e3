import { sha256 } from "./canonical-request";
import { SignatureError } from "./request";
import { isSame, sign } from "./signing-key";

/** What the signatures of chunks are made with. */
export interface ChunkSigner {
  readonly key: Buffer;
  /** The request's own signature, from which the chain starts. */
  readonly seed: string;
  /** `20260131T000000Z` */
  readonly time: string;
  readonly scope: string;
}

const EMPTY = sha256("");
const CRLF = "\r\n";

const broken = (why: string): SignatureError => new SignatureError("IncompleteBody", why);
const mismatch = (): SignatureError =>
  new SignatureError("SignatureDoesNotMatch", "The signature of a chunk does not match");

interface Chunk {
  readonly data: Buffer;
  readonly signature: string;
  readonly next: number;
}

const readChunk = (body: Buffer, from: number): Chunk => {
  const end = body.indexOf(CRLF, from);
  const match = /^([0-9a-f]{1,8});chunk-signature=([0-9a-f]{64})$/i.exec(
    body.toString("latin1", from, Math.max(end, from)),
  );
  if (end < 0 || !match) throw broken("A chunk's first line is not one of aws-chunked");
  const start = end + CRLF.length;
  const stop = start + Number.parseInt(match[1] ?? "", 16);
  if (stop > body.length) throw broken("A chunk is shorter than it says");
  return { data: body.subarray(start, stop), signature: match[2] ?? "", next: stop };
};

const chunkSignature = ({ key, time, scope }: ChunkSigner, previous: string, data: Buffer): string =>
  sign(key, ["AWS4-HMAC-SHA256-PAYLOAD", time, scope, previous, EMPTY, sha256(data)].join("\n"));

const skipLineEnd = (body: Buffer, from: number): number => {
  if (body.toString("latin1", from, from + CRLF.length) !== CRLF)
    throw broken("A chunk does not end its line");
  return from + CRLF.length;
};

/** The trailing headers, as they were signed, and their signature. */
const readTrailer = (text: string): { readonly headers: string; readonly signature: string } => {
  const lines = text.split(CRLF).filter((line) => line !== "");
  const signature = /^x-amz-trailer-signature:([0-9a-f]{64})$/.exec(lines.at(-1) ?? "")?.[1];
  if (signature === undefined) throw broken("The trailer is not signed");
  return {
    headers: lines
      .slice(0, -1)
      .map((line) => `${line.trim()}\n`)
      .join(""),
    signature,
  };
};

const verifyTrailer = (signer: ChunkSigner, previous: string, text: string): void => {
  const { headers, signature } = readTrailer(text);
  const parts = ["AWS4-HMAC-SHA256-TRAILER", signer.time, signer.scope, previous, sha256(headers)];
  if (!isSame(sign(signer.key, parts.join("\n")), signature)) throw mismatch();
};

/** Verifies chunk after chunk; returns the last signature and where the last chunk ends. */
const verifyChain = (body: Buffer, signer: ChunkSigner): { readonly last: string; readonly end: number } => {
  let last = signer.seed;
  for (let at = 0; ; ) {
    const { data, signature, next } = readChunk(body, at);
    if (!isSame(chunkSignature(signer, last, data), signature)) throw mismatch();
    last = signature;
    if (data.length === 0) return { last, end: next };
    at = skipLineEnd(body, next);
  }
};

/**
 * Verifies a body of signed chunks, each signature going on from the one before it.
 *
 * @param hasTrailer whether signed headers follow the last chunk
 * @throws SignatureError when a chunk, the trailer or what follows is not as signed
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html
 */
export const verifyChunks = (body: Buffer, signer: ChunkSigner, hasTrailer: boolean): void => {
  const { last, end } = verifyChain(body, signer);
  const rest = body.toString("latin1", end);
  if (hasTrailer) verifyTrailer(signer, last, rest);
  else if (rest !== CRLF) throw broken("Something follows the last chunk");
};
