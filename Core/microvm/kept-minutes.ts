import type { RunnerOrder } from "../model/runner-order";

/**
 * Minutes for which the VM of an order's job is kept if it fails; 0: it is not. Never where the ref is protected, nor where
 * GitLab does not tell.
 */
export const keptMinutes = ({ runnerClass, onProtectedRef }: RunnerOrder): number =>
  onProtectedRef === false ? (runnerClass.keepOnFailureMinutes ?? 0) : 0;
