import { ApiError } from "../api-error";

const FORM = /^whsec_[A-Za-z0-9+/]+={0,2}$/;

/**
 * A webhook's `signing_token` as GitLab takes it: `whsec_` and base64. An empty one removes the token.
 *
 * @throws ApiError 422 for another form
 */
export const checkSigningToken = (text: string | undefined): string | undefined => {
  if (!text) return undefined;
  if (!FORM.test(text)) throw new ApiError(422, { error: "signing_token is invalid" });
  return text;
};
