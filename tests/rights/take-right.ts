import { setTimeout as sleep } from "node:timers/promises";
import type { Granted, RoleRight } from "../../local/gateway";
import type { TestLaptop } from "../end-to-end/engine";
import { PATHS, type Path } from "./paths";
import { isNamedIn, isUsedBy } from "./role-right";

export type TakenOutcome =
  /** The path was stopped, and the refusal named the right. */
  | { readonly kind: "named"; readonly message: string }
  /** The path was gone without it. */
  | { readonly kind: "not-missed" }
  /** The path failed, and nothing said for want of what. */
  | { readonly kind: "unnamed"; readonly why: string };

/** What a path leads to may be asked for a little after its end. */
const AFTERWARDS_MS = 3_000;

const untilNamed = async (
  { refused }: TestLaptop,
  right: RoleRight,
  from: number,
  isOver: () => boolean,
): Promise<TakenOutcome | undefined> => {
  while (!isOver()) {
    const found = refused.slice(from).find(({ message }) => isNamedIn(right, message));
    if (found !== undefined) return { kind: "named", message: found.message };
    await sleep(50);
  }
  return undefined;
};

/** Until no function has been called for a second. */
const quiet = async ({ calls }: TestLaptop): Promise<void> => {
  for (let seen = -1; seen !== calls.length; await sleep(1_000)) seen = calls.length;
};

/** Jobs that a missing right left behind are cancelled, so that the next path meets none of them. */
const cancelLeft = async ({ laptop }: TestLaptop): Promise<void> => {
  for (const { id, status } of laptop.standIn?.jobs() ?? [])
    if (["created", "pending", "running"].includes(status)) laptop.standIn?.cancelJob(id);
};

/** Takes one right out of the gateway's set, goes a path, and gives the right back. Nothing is deployed. */
export const goWithout = async (test: TestLaptop, right: RoleRight, { run }: Path): Promise<TakenOutcome> => {
  const from = test.refused.length;
  test.laptop.aws.takeRights([right]);
  // What a function kept of the time before would hide that it may not ask again.
  test.laptop.host.forget();
  const stop = new AbortController();
  try {
    let end = Number.POSITIVE_INFINITY;
    const named = untilNamed(test, right, from, () => Date.now() > end);
    const gone = run(test.laptop, stop.signal)
      .then(
        (): TakenOutcome => ({ kind: "not-missed" }),
        (error: unknown): TakenOutcome => ({ kind: "unnamed", why: String(error) }),
      )
      .finally(() => {
        end = Date.now() + AFTERWARDS_MS;
      });
    const outcome = await named;
    stop.abort();
    return outcome ?? (await gone);
  } finally {
    test.laptop.aws.takeRights([]);
    await cancelLeft(test);
  }
};

/**
 * Goes the paths with all rights, until no more is to be learnt.
 *
 * @returns for each path the rights that it used
 */
export const usesOf = async (
  test: TestLaptop,
  isEnough: (uses: ReadonlyMap<Path, readonly Granted[]>) => boolean = () => false,
): Promise<ReadonlyMap<Path, readonly Granted[]>> => {
  const uses = new Map<Path, readonly Granted[]>();
  for (const path of PATHS) {
    if (isEnough(uses)) break;
    const from = test.granted.length;
    test.laptop.host.forget();
    await path.run(test.laptop, new AbortController().signal);
    await quiet(test);
    uses.set(path, test.granted.slice(from));
  }
  return uses;
};

/** The paths that used a right, the quickest first. */
export const pathsOf = (uses: ReadonlyMap<Path, readonly Granted[]>, right: RoleRight): readonly Path[] =>
  [...uses].filter(([, granted]) => granted.some((one) => isUsedBy(right, one))).map(([path]) => path);

/** Goes the paths that used a right without it, until one misses it. */
export const goWithoutEach = async (
  test: TestLaptop,
  right: RoleRight,
  [path, ...others]: readonly Path[],
): Promise<TakenOutcome & { readonly path?: Path }> => {
  if (path === undefined) return { kind: "not-missed" };
  const outcome = await goWithout(test, right, path);
  if (outcome.kind === "named" || others.length === 0) return { ...outcome, path };
  return goWithoutEach(test, right, others);
};
