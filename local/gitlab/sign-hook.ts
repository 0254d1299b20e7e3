import { createHmac } from "node:crypto";
import { ApiError } from "./http";

const FORM = /^whsec_([A-Za-z0-9+/]+={0,2})$/;

/**
 * A hook's `signing_token` as GitLab takes it: `whsec_` and base64. An empty one takes the token away.
 *
 * @throws ApiError for another form
 */
export const checkSigningToken = (text: string | undefined): string | undefined => {
  if (!text) return undefined;
  if (!FORM.test(text)) throw new ApiError(422, { error: "signing_token is invalid" });
  return text;
};

/**
 * What a delivery carries since GitLab 19.0, made when it leaves: the moment, and with a signing token the
 * signature over id, moment and body.
 * https://docs.gitlab.com/user/project/integrations/webhooks/#delivery-headers
 *
 * @param now milliseconds since 1970
 */
export const deliveryStamp = (
  signingToken: string | undefined,
  id: string,
  body: string,
  now: number,
): Record<string, string> => {
  const timestamp = String(Math.floor(now / 1_000));
  const key = FORM.exec(signingToken ?? "")?.[1];
  if (key === undefined) return { "webhook-timestamp": timestamp };
  const hash = createHmac("sha256", Buffer.from(key, "base64")).update(`${id}.${timestamp}.${body}`);
  return { "webhook-timestamp": timestamp, "webhook-signature": `v1,${hash.digest("base64")}` };
};
