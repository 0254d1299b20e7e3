import { ConfigurationError } from "../../../../Core/errors";
import type { RunnerFunctions } from "../../ports";

export interface FakeFunctions extends RunnerFunctions {
  /** ARN → whether the function isolates tenants. Other functions are not our runner functions. */
  readonly isolated: Map<string, boolean>;
}

/** Tags of runner functions. */
export const fakeFunctions = (): FakeFunctions => {
  const isolated = new Map<string, boolean>();
  return {
    isolated,
    isTenantIsolated: async (functionArn) => {
      const answer = isolated.get(functionArn);
      if (answer === undefined)
        throw new ConfigurationError(`${functionArn} lacks the tags of a runner function`);
      return answer;
    },
  };
};
