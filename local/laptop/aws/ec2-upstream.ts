import type { AdmittedCall, Upstream } from "../../gateway";
import type { Ec2Part } from "./aws";

/** A call's form: from its query, or from its body. */
const formOf = ({ request }: AdmittedCall): string => {
  const { method, target, body } = request;
  return method === "GET" ? target.slice(target.indexOf("?") + 1) : body.toString("utf8");
};

/** Hands the simulated EC2 its actions, and everything else to what stands behind. */
export const withEc2 = (ec2: () => Ec2Part | undefined, behind: Upstream): Upstream => {
  return async (call, response) => {
    const handler = call.service === "ec2" ? ec2() : undefined;
    if (handler?.answers(call.operation)) await handler.serve(call.operation, formOf(call), response);
    else await behind(call, response);
  };
};
