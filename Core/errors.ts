/**
 * What can go wrong, as the workflows know it. `name` is the workflow's contract (`ErrorEquals`), so it is
 * a field that minifying cannot change.
 */
abstract class NamedError extends Error {
  abstract override readonly name: string;
}

/** The caller's fault: the message names the field and the remedy. The workflow fails without a retry. */
export class InvalidInputError extends NamedError {
  override readonly name = "InvalidInputError";
}

/** Ours to fix (a parameter, a mapping row, a permission). The workflow fails and an alarm tells. */
export class ConfigurationError extends NamedError {
  override readonly name: string = "ConfigurationError";
}

/**
 * The mapping cannot be followed for a job that GitLab confirmed: its project has it and it is pending. So the failure
 * may be stored under the job, which that of an unconfirmed one must not.
 */
export class MappingError extends ConfigurationError {
  override readonly name: string = "MappingError";
}

/** A tag of ours on a job that GitLab confirmed is wrong, or two of them contradict each other. */
export class BadTagsError extends MappingError {
  override readonly name = "BadTagsError";
}

/** A job that GitLab confirmed asks by its tags for more than the mapping's settings and the stack allow. */
export class BeyondBoundsError extends MappingError {
  override readonly name = "BeyondBoundsError";
}

/** A throttle, a time-out, a broken connection: what became of the call is unknown. Retried with jitter. */
export class TransientError extends NamedError {
  override readonly name: string = "TransientError";
}

/** GitLab did not answer, or with what no GitLab answers. So a job's wait can be told from one that we made. */
export class UnreachableError extends TransientError {
  override readonly name = "UnreachableError";
}

/**
 * GitLab has too much to do and named a time before which it is not to be asked again. Nothing was done. The workflow
 * fails without a retry, which would come too soon: the reconciler comes back to it.
 */
export class ThrottledError extends TransientError {
  override readonly name = "ThrottledError";

  /** @param waitSeconds from now on */
  constructor(
    message: string,
    readonly waitSeconds: number,
  ) {
    super(message);
  }
}

/**
 * A call that makes something had no answer, and a repeat at once would only make more: the reconciler repeats it later.
 * The workflow fails without a retry.
 */
export class NoAnswerError extends NamedError {
  override readonly name = "NoAnswerError";
}
