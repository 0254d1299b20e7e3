import { createHmac } from "node:crypto";

/**
 * What a delivery carries since GitLab 19.0, made when it leaves: the time, and with a signing token the
 * signature over id, time and body.
 * https://docs.gitlab.com/user/project/integrations/webhooks/#delivery-headers
 *
 * @param signingToken `whsec_` and base64
 * @param now milliseconds since 1970
 */
export const deliveryStamp = (
  signingToken: string | undefined,
  id: string,
  body: string,
  now: number,
): Record<string, string> => {
  const timestamp = String(Math.floor(now / 1_000));
  if (signingToken === undefined) return { "webhook-timestamp": timestamp };
  const key = Buffer.from(signingToken.replace(/^whsec_/, ""), "base64");
  const hash = createHmac("sha256", key).update(`${id}.${timestamp}.${body}`);
  return { "webhook-timestamp": timestamp, "webhook-signature": `v1,${hash.digest("base64")}` };
};
