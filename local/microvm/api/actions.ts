import type { Fields } from "../../../Core/fields";
import type { ImageVersion } from "../images";
import type { MicroVmQuotas } from "../limits";
import { type MicroVm, type MicroVmState, stateAt, stateOf } from "../microvm";
import type { MicroVmRegistry } from "../microvms";
import { MicroVmError } from "./errors";
import { type RunInput, readRunInput } from "./run-input";

/** A call: what its path and query name, and its body. */
export interface MicroVmCall {
  /** Of a MicroVM; for a managed image, its ARN. */
  readonly microvmId: string;
  readonly query: URLSearchParams;
  readonly body: Fields;
}

/** @returns what is answered as JSON */
export type MicroVmAction = (call: MicroVmCall) => object | Promise<object>;

export interface MicroVmActionDependencies {
  readonly registry: MicroVmRegistry;
  readonly quotas: MicroVmQuotas;
  readonly readImage: (arn: string, version: string | undefined) => Promise<ImageVersion>;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** How old an answer may be, in milliseconds: Lambda's reads are eventually consistent, a list more than the rest. */
export const GET_LAG_MS = 150;
export const LIST_LAG_MS = 1_000;
/** How long a list shows what has ended: twenty minutes to a day were seen. */
const LINGER_MS = 20 * 60 * 1_000;
const MAX_RESULTS = 50;

const seconds = (milliseconds: number): number => milliseconds / 1_000;

const viewOf = (vm: MicroVm, state: MicroVmState): object => ({
  microvmId: vm.microvmId,
  state,
  endpoint: vm.endpoint,
  imageArn: vm.imageArn,
  imageVersion: vm.imageVersion,
  maximumDurationInSeconds: vm.maximumDurationInSeconds,
  startedAt: seconds(vm.startedAt),
  ingressNetworkConnectors: vm.ingressNetworkConnectors,
  ...(vm.executionRoleArn === undefined ? {} : { executionRoleArn: vm.executionRoleArn }),
  ...(state === "TERMINATED" ? { terminatedAt: seconds(vm.terminatedAt ?? 0) } : {}),
  ...(vm.stateReason === undefined || !state.startsWith("TERMINAT") ? {} : { stateReason: vm.stateReason }),
});

/** The same token with the same input is the same MicroVM, with another one a conflict. */
const known = (tokens: Map<string, { hash: string; microvmId: string }>, input: RunInput) => {
  const before = input.clientToken === undefined ? undefined : tokens.get(input.clientToken);
  if (before !== undefined && before.hash !== input.hash)
    throw new MicroVmError("ConflictException", "The clientToken was used with other parameters");
  return before?.microvmId;
};

const runAction = ({ registry, quotas, readImage }: MicroVmActionDependencies): MicroVmAction => {
  const tokens = new Map<string, { hash: string; microvmId: string }>();
  return async ({ body }) => {
    const input = readRunInput(body);
    const { imageArn, imageVersion, memoryMiB } = await readImage(input.imageIdentifier, input.imageVersion);
    const repeated = registry.get(known(tokens, input) ?? "");
    if (repeated !== undefined) return viewOf(repeated, stateOf(repeated));
    quotas.checkMemory(registry.usedMiB(), memoryMiB);
    const vm = registry.launch({ ...input, imageArn, imageVersion }, memoryMiB);
    if (input.clientToken !== undefined)
      tokens.set(input.clientToken, { hash: input.hash, microvmId: vm.microvmId });
    return viewOf(vm, "PENDING");
  };
};

const existing = (registry: MicroVmRegistry, microvmId: string): MicroVm => {
  const vm = registry.get(microvmId);
  if (vm === undefined) throw new MicroVmError("ResourceNotFoundException", `${microvmId} does not exist`);
  return vm;
};

const listAction =
  ({ registry, now }: MicroVmActionDependencies): MicroVmAction =>
  ({ query }) => {
    const [image, version] = [query.get("imageIdentifier"), query.get("imageVersion")];
    const seen = registry
      .all()
      .filter(
        ({ imageArn, imageVersion }) =>
          imageArn === (image ?? imageArn) && imageVersion === (version ?? imageVersion),
      )
      .filter(({ terminatedAt = now() }) => now() - terminatedAt < LINGER_MS)
      .flatMap((vm) => {
        const state = stateAt(vm, now() - LIST_LAG_MS);
        const { microvmId, imageArn, imageVersion, startedAt } = vm;
        return state ? [{ microvmId, state, imageArn, imageVersion, startedAt: seconds(startedAt) }] : [];
      });
    const from = Number(query.get("nextToken") ?? 0);
    const to = from + Math.min(Number(query.get("maxResults") ?? MAX_RESULTS), MAX_RESULTS);
    return { items: seen.slice(from, to), ...(to < seen.length ? { nextToken: String(to) } : {}) };
  };

/** AWS's base images have one version here, which is as old as the laptop. */
const managedVersionsAction =
  ({ now }: MicroVmActionDependencies): MicroVmAction =>
  ({ microvmId: imageArn }) => ({
    items: [{ imageArn, imageVersion: "1.0", status: "AVAILABLE", createdAt: seconds(now()) }],
  });

/**
 * The operations on MicroVMs and on AWS's base images, API version 2025-09-09. Those on images of the account are the engine's
 * (microvm_images.py).
 */
export const microVmActions = (
  dependencies: MicroVmActionDependencies,
): Readonly<Record<string, MicroVmAction>> => {
  const { registry, now } = dependencies;
  const on =
    (act: (vm: MicroVm) => void): MicroVmAction =>
    ({ microvmId }) => {
      act(existing(registry, microvmId));
      return {};
    };
  return {
    RunMicrovm: runAction(dependencies),
    GetMicrovm: ({ microvmId }) => {
      const vm = existing(registry, microvmId);
      return viewOf(vm, stateAt(vm, now() - GET_LAG_MS) ?? "PENDING");
    },
    ListMicrovms: listAction(dependencies),
    ListManagedMicrovmImageVersions: managedVersionsAction(dependencies),
    SuspendMicrovm: on(({ microvmId }) => registry.suspend(microvmId)),
    ResumeMicrovm: on(({ microvmId }) => registry.resume(microvmId)),
    // Answered before it has ended.
    TerminateMicrovm: on(({ microvmId }) => void registry.terminate(microvmId)),
  };
};
