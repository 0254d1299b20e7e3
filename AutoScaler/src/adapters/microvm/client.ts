import type {
  GetMicrovmCommandInput,
  GetMicrovmCommandOutput,
  ListMicrovmsCommandInput,
  ListMicrovmsCommandOutput,
  RunMicrovmCommandInput,
  RunMicrovmCommandOutput,
  SuspendMicrovmCommandInput,
  TerminateMicrovmCommandInput,
} from "@aws-sdk/client-lambda-microvms";
import { loadLater } from "../load-later";

export type { MicrovmState, RunMicrovmCommandInput } from "@aws-sdk/client-lambda-microvms";

/** The part of the MicroVM API that the product uses. Errors have Lambda's code as their name. */
export interface MicroVmApi {
  runMicrovm(input: RunMicrovmCommandInput): Promise<RunMicrovmCommandOutput>;
  getMicrovm(input: GetMicrovmCommandInput): Promise<GetMicrovmCommandOutput>;
  listMicrovms(input: ListMicrovmsCommandInput): Promise<ListMicrovmsCommandOutput>;
  suspendMicrovm(input: SuspendMicrovmCommandInput): Promise<unknown>;
  terminateMicrovm(input: TerminateMicrovmCommandInput): Promise<unknown>;
}

/**
 * The MicroVMs' client, loaded with the first call, or by `load`.
 *
 * @param maxAttempts 1 for launches, so that a refusal proves that nothing was launched; 3 for the rest
 */
export const microVmClient = (maxAttempts: 1 | 3): MicroVmApi & { readonly load: () => void } => {
  const api = loadLater("The MicroVM client", async () => (await import("./sdk")).microVmSdk(maxAttempts));
  return {
    load: api.begin,
    runMicrovm: async (input) => (await api.get()).runMicrovm(input),
    getMicrovm: async (input) => (await api.get()).getMicrovm(input),
    listMicrovms: async (input) => (await api.get()).listMicrovms(input),
    suspendMicrovm: async (input) => (await api.get()).suspendMicrovm(input),
    terminateMicrovm: async (input) => (await api.get()).terminateMicrovm(input),
  };
};
