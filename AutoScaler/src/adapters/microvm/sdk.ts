import {
  GetMicrovmCommand,
  LambdaMicrovmsClient,
  type LambdaMicrovmsClientConfig,
  ListMicrovmsCommand,
  RunMicrovmCommand,
  SuspendMicrovmCommand,
  TerminateMicrovmCommand,
} from "@aws-sdk/client-lambda-microvms";
import { CLIENT_SETTINGS } from "../client-settings";
import type { MicroVmApi } from "./client";

/**
 * Imported by `client.ts` alone.
 *
 * @param maxAttempts 1: for launches
 * @param overrides settings that replace the defaults
 */
export const microVmSdk = (maxAttempts: 1 | 3, overrides: LambdaMicrovmsClientConfig = {}): MicroVmApi => {
  const client = new LambdaMicrovmsClient({ ...CLIENT_SETTINGS, maxAttempts, ...overrides });
  return {
    runMicrovm: (input) => client.send(new RunMicrovmCommand(input)),
    getMicrovm: (input) => client.send(new GetMicrovmCommand(input)),
    listMicrovms: (input) => client.send(new ListMicrovmsCommand(input)),
    suspendMicrovm: (input) => client.send(new SuspendMicrovmCommand(input)),
    terminateMicrovm: (input) => client.send(new TerminateMicrovmCommand(input)),
  };
};
