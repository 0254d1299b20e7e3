import type { Caller } from "../access/caller";
import { SignatureError } from "../sigv4";
import type { GatewayRefusal } from "./refusal";

/** A request that does not get through, with what is known of it. */
export class RefusedError extends Error {
  override readonly name = "RefusedError";
  constructor(
    readonly refusal: GatewayRefusal,
    readonly known: { readonly service?: string; readonly caller?: Caller; readonly operation?: string } = {},
  ) {
    super(refusal.message);
  }
}

/** The refusal behind an error; undefined for a fault of ours. */
export const toRefused = (error: unknown): RefusedError | undefined => {
  if (error instanceof RefusedError) return error;
  if (!(error instanceof SignatureError)) return undefined;
  return new RefusedError({ code: error.code, message: error.message });
};
