import type { Upstream } from "../../gateway";
import type { MicroVmPart } from "./aws";

/** Hands the MicroVM host its operations, and everything else to what stands behind. */
export const withMicroVms = (microVms: () => MicroVmPart | undefined, behind: Upstream): Upstream => {
  return async (call, response) => {
    const { service, operation, request } = call;
    const handler = service === "lambda" ? microVms() : undefined;
    if (handler?.answers(operation)) await handler.serve(operation, request.target, request.body, response);
    else await behind(call, response);
  };
};
