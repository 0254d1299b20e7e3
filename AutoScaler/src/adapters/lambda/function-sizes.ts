import { defined } from "../../../../Core/defined";
import type { FunctionSizes } from "../../ports";
import { awsError, errorName } from "../aws-errors";
import type { LambdaApi } from "./client";

/** What Lambda gives a function that asks for nothing. */
const DEFAULT_MEMORY_MIB = 128;
const DEFAULT_STORAGE_MIB = 512;

/** One that is not ours IAM refuses to tell about, and one that is gone does not exist: neither can be started. */
const NOT_OURS = ["ResourceNotFoundException", "AccessDeniedException"];

/** Sizes of runner functions, by their own configuration. */
export const lambdaFunctionSizes = (client: Pick<LambdaApi, "getFunctionConfiguration">): FunctionSizes => ({
  size: async (FunctionName) => {
    try {
      const answer = await client.getFunctionConfiguration({ FunctionName });
      const architecture = answer.Architectures?.[0] === "arm64" ? "arm64" : "x86_64";
      const { MemorySize: memoryMiB, EphemeralStorage, TenancyConfig } = answer;
      // MiniStack tells the storage as text.
      const storageMiB = EphemeralStorage?.Size && Number(EphemeralStorage.Size);
      const isTenantIsolated = TenancyConfig?.TenantIsolationMode === "PER_TENANT" || undefined;
      const told = defined({ memoryMiB, storageMiB, isTenantIsolated });
      return { memoryMiB: DEFAULT_MEMORY_MIB, storageMiB: DEFAULT_STORAGE_MIB, ...told, architecture };
    } catch (error) {
      if (NOT_OURS.includes(errorName(error))) return undefined;
      throw awsError(error, `GetFunctionConfiguration of ${FunctionName}`);
    }
  },
});
