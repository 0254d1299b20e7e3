/** A request as it came over the wire, nothing decoded. */
export interface ReceivedRequest {
  /** e.g. `POST` */
  readonly method: string;
  /** Path and query, e.g. `/2015-03-31/functions/f?x=1`. */
  readonly target: string;
  /** Names and values in turn, as Node's `rawHeaders`. */
  readonly rawHeaders: readonly string[];
  readonly body: Buffer;
}

/** A request that is refused, with AWS's own code for the reason. */
export class SignatureError extends Error {
  override readonly name = "SignatureError";
  constructor(
    /** e.g. `SignatureDoesNotMatch` */
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

export type HeaderMap = ReadonlyMap<string, readonly string[]>;

/** The headers by lower-case name, each with all its values in the order in which they came. */
export const headersOf = ({ rawHeaders }: Pick<ReceivedRequest, "rawHeaders">): HeaderMap => {
  const map = new Map<string, string[]>();
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const name = (rawHeaders[index] ?? "").toLowerCase();
    map.set(name, [...(map.get(name) ?? []), rawHeaders[index + 1] ?? ""]);
  }
  return map;
};

/** The value of a header that may be there once at most. */
export const single = (headers: HeaderMap, name: string): string | undefined => {
  const [value, ...others] = headers.get(name) ?? [];
  if (others.length > 0) throw new SignatureError("IncompleteSignature", `The header ${name} is there twice`);
  return value;
};

export const splitTarget = (target: string): { readonly path: string; readonly query: string } => {
  const mark = target.indexOf("?");
  return mark < 0
    ? { path: target, query: "" }
    : { path: target.slice(0, mark), query: target.slice(mark + 1) };
};
