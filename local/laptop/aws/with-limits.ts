import { RefusedError, type Upstream } from "../../gateway";
import { callRates } from "../../limits/call-rates";
import type { MetLimits } from "../../limits/met-limits";

/** Refuses calls beyond the account's rates as the service does, and hands the others on. */
export const withLimits = (account: MetLimits, behind: Upstream): Upstream => {
  const throttled = callRates(account.limits, Date.now);
  return async (call, response) => {
    const { service, operation, caller, request } = call;
    const refused = throttled(service, operation, () => request.body.toString("utf8"));
    if (refused === undefined) return behind(call, response);
    account.met(refused.refusedBy);
    throw new RefusedError(refused, { service, caller, operation });
  };
};
