import type {
  AttemptFailureCode,
  InstallFailure,
  LaunchHoldCode,
  LookUpSkipCode,
  RunnerEndCode,
  StartSkipCode,
  WaitingFor,
} from "./reasons";

/** Words for the codes of `reasons.ts`, for the command line and the laptop. No rule reads them. */

/** Each completes "its runner ended: …". */
export const RUNNER_END_WORDS: Readonly<Record<RunnerEndCode, string>> = {
  "job-ended": "its job ended",
  "job-canceled-before-pick-up": "its job was canceled before a runner took it",
  "no-longer-needed": "its job ran on another runner",
  "job-reassigned": "GitLab gave its job to another runner",
  "no-job": "it was launched, and no job came to it",
  "never-contacted":
    "it was launched, and GitLab never heard of it (its start was dropped, or it found no way to GitLab)",
  "record-deleted": "somebody deleted it in GitLab before it had a job",
  "runner-paused": "somebody paused it in GitLab before it had a job",
  "runner-crashed": "its function ended in the middle of its job",
  "never-started": "nothing could be launched for it for two hours",
  "launch-refused": "its launch was refused",
  "function-missing": "its Lambda function is not there",
  "function-image-missing": "the image of its Lambda function is deleted, or Lambda may not read it",
  "function-image-unusable": "Lambda cannot run the image of its function",
  "function-key-refused": "Lambda may not use the key of its function's image or environment",
  "function-failed": "Lambda could not make its function ready",
  "microvm-image-missing": "there is no image for a MicroVM of its size",
  "lifetime-reached": "it lived longer than its class allows",
  "instance-stopped": "its instance was stopped",
  "instance-terminated": "its instance was terminated",
  "spot-interruption": "EC2 took its spot instance back",
  "rebalance-recommendation": "EC2 was about to take its spot instance back",
  "orphan-adopted": "the ledger did not know it",
  "record-remaining": "its record in GitLab was still there",
  "instance-remaining": "its instance was still there",
  "end-under-way": "its end is under way",
};

/** Why a start failed. */
export const FAILURE_WORDS: Readonly<Record<AttemptFailureCode, string>> = {
  ...RUNNER_END_WORDS,
  "gitlab-refused": "GitLab refused to make a runner",
  "ref-not-protected": "its class is for protected branches and tags alone, and the job's is neither",
  "gitlab-throttled": "GitLab has asked to wait for two hours (429)",
  "gitlab-no-answer": "GitLab did not say whether it made a runner",
  "attempts-used-up": "all attempts are used up",
  "not-served": "its project is not served (the mapping's settings list those that are)",
  "bad-tags": "its tags ask for no runner that there can be",
  "beyond-bounds": "its tags ask for more than is allowed",
  configuration: "a parameter, a mapping row or a permission is wrong",
  "invalid-input": "the event was not one of GitLab's",
};

/** Each completes "its machine's console says that", of a machine whose image lacks Docker or gitlab-runner. */
export const INSTALL_FAILURE_WORDS: Readonly<Record<InstallFailure, string>> = {
  "no-packages":
    "its distribution's repository gave it no Docker (the repository is down, or out of its reach)",
  "no-download": "gitlab-runner could not be fetched",
  "wrong-signature": "the signature of what it fetched is not its publisher's",
  "wrong-checksum": "what it fetched has another checksum than it should",
  "wrong-version": "the gitlab-runner that it fetched is of another version",
  "too-slow": "Docker and gitlab-runner were not installed within three minutes",
  "unknown-system": "its image is neither Amazon Linux 2023 nor Ubuntu 24.04",
};

/** What puts a failed installation right, a sentence without its full stop. */
export const INSTALL_REMEDY = "Make an image that holds all that is needed: npx runners image build";

/** What puts a failure right, where that is the same each time: a sentence without its full stop. */
export const FAILURE_REMEDIES: Readonly<Partial<Record<AttemptFailureCode, string>>> = {
  "function-missing": "Deploy the function, or correct the row or DefaultRunnerArn that names it",
  "function-image-missing":
    "Push the image again and deploy LambdaShellRunner; its repository must let Lambda read it",
  "function-image-unusable":
    "Build the image again for the function's architecture and deploy LambdaShellRunner; npx runners check-runner tells more",
  "function-key-refused": "Enable the KMS key, and let Lambda use it",
  "microvm-image-missing":
    'Deploy MicroVmRunner with an image of the class\'s size, or give the class a "fallback"; npx runners doctor shows the images',
  "bad-tags":
    "Correct the job's tags in .gitlab-ci.yml and run a new pipeline: this job keeps the tags that it has (docs/mapping.md lists them)",
  "beyond-bounds":
    "Ask for less in .gitlab-ci.yml and run a new pipeline, or let the operator raise \"bounds\" in the mapping's settings or AutoScaler's instance types",
  "function-failed": "Deploy the function's stack again; npx runners doctor shows its state",
};

/** What a waiting job waits for, after "It waits for". */
export const WAITING_WORDS: Readonly<Record<WaitingFor, { readonly short: string; readonly long: string }>> =
  {
    slot: { short: "a slot", long: "a slot: as many runners as allowed are there (status shows the limits)" },
    "starts-on": { short: "resume", long: "new starts to be resumed (npx runners resume)" },
    "launch-rate": {
      short: "EC2",
      long: "EC2, which takes no more launches just now; it is tried again by itself",
    },
    gitlab: {
      short: "GitLab",
      long: "GitLab, which asked to be left alone for a while (429); it is tried again by itself",
    },
    budget: {
      short: "budget",
      long: "its project's monthly budget, which is spent: it starts by itself next month",
    },
  };

/** Why a launch has to be repeated. */
export const LAUNCH_HOLD_WORDS: Readonly<Record<LaunchHoldCode, string>> = {
  capacity: "there was no capacity",
  limit: "the account's limit at AWS is reached",
  rate: "AWS takes no more launches just now",
  "not-ready": "Lambda is making its function ready",
  "spot-role": "the account has no service-linked role for spot",
  other: "AWS refused it for a reason that may pass",
  "no-answer": "AWS did not say whether it launched one",
};

/** Why a start found nothing to start. */
export const SKIP_WORDS: Readonly<Record<LookUpSkipCode | StartSkipCode, string>> = {
  "no-such-job": "GitLab has no such job",
  "project-refused": "GitLab says that the project is not ours (403 or 404)",
  "asked-lately": "GitLab was asked for the job a moment ago, and there was nothing to do",
  "vain-calls":
    "too many webhooks named jobs that are none of ours; the reconciler looks for it within a minute",
  malformed: "the webhook was no job event",
  "job-not-pending": "the job is not pending",
  "job-taken": "a runner has the job already",
  unmapped: "no row of the mapping names the job",
  "not-served": "its project is not served (the mapping's settings list those that are)",
  "attempts-used-up": "all attempts are used up",
  "failed-lately": "its last attempt failed a moment ago",
  met: "a runner for it is there already",
  launched: "its runner is launched already",
  "too-early": "GitLab asked us to wait before the next call",
  "under-way": "another start is at work on it",
  "job-ran": "the job ran already",
  "runner-unknown": "the ledger does not know its runner",
  "other-project": "the ledger holds its number for another project",
  "attempt-unknown": "the ledger does not know its attempt",
  "met-meanwhile": "GitLab says that the job needs no runner any more",
};

/** A failure for people: the sentence, and what GitLab or AWS answered, if known. */
export const failureText = ({
  reason,
  detail,
  installFailure,
}: {
  readonly reason?: AttemptFailureCode;
  readonly detail?: string;
  readonly installFailure?: InstallFailure;
}): string => {
  const hint =
    installFailure && ` (its machine's console says that ${INSTALL_FAILURE_WORDS[installFailure]})`;
  if (reason === undefined) return detail ?? "no reason is noted";
  return `${FAILURE_WORDS[reason]}${detail === undefined ? "" : `: ${detail}`}${hint ?? ""}`;
};
