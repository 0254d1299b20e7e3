import type { RunnerCache } from "./bootstrap-row";
import type { MicroVmExecutor } from "./runner-class";

/**
 * What a MicroVM gets at its start, as JSON in `runHookPayload`. Its role, where it has one, may write its log and nothing
 * else, so the token comes with it and not by a row that it could read (docs/decisions).
 */
export interface MicroVmPayload {
  /** GitLab's address, e.g. `https://gitlab.example.com`, without a slash at the end. */
  readonly url: string;
  /** Runner authentication token (`glrt-…`, legacy `glrtr-…`). */
  readonly token: string;
  readonly runnerId: number;
  readonly executor: MicroVmExecutor;
  /** Of jobs that name no image; for the docker executor. */
  readonly image: string;
  /** Whether the docker executor's containers are privileged. Absent: no. */
  readonly privileged?: true;
  readonly lifetimeSeconds: number;
  readonly waitTimeoutSeconds: number;
  /** Legacy mode: the runner deletes its own record (`DELETE /runners`) as its last act. */
  readonly deletesOwnRecord: boolean;
  /** Absent: the job has no cache, or it did not fit. */
  readonly cache?: RunnerCache;
}

/**
 * Bytes that Lambda takes. Its documents say 16,384; 4,097 were refused in 2026.
 * https://docs.aws.amazon.com/lambda/latest/microvm-api/API_RunMicrovm.html
 */
export const MAX_PAYLOAD_BYTES = 4_096;

/** A payload as it is sent; undefined where it is too long. */
export const payloadText = (payload: MicroVmPayload): string | undefined => {
  const text = JSON.stringify(payload);
  return Buffer.byteLength(text) <= MAX_PAYLOAD_BYTES ? text : undefined;
};
