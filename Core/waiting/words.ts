import type { WaitCause } from "./causes";

/** A cause in words for people, and what can be done. No rule reads them. */
export interface CauseWords {
  /** For a table or a bar's legend. */
  readonly short: string;
  /** What to do where it takes too long: a sentence without its full stop. Absent: nothing that a setting changes. */
  readonly remedy?: string;
}

export const CAUSE_WORDS: Readonly<Record<WaitCause, CauseWords>> = {
  webhook: {
    short: "GitLab's webhook",
    remedy: "Run npx runners doctor: it checks the webhook. A lost one costs a job about a minute",
  },
  start: { short: "the start itself" },
  paused: { short: "paused starts", remedy: "When starts may go on: npx runners resume" },
  budget: { short: "its project's budget", remedy: "Raise the project's budget in the mapping's settings" },
  slot: {
    short: "a slot",
    remedy: "Raise maxRunners of its class, or the limits in the mapping's settings",
  },
  "launch-rate": {
    short: "AWS's launch rate",
    remedy: "Ask AWS for a higher rate of RunInstances, or let fewer jobs begin at once",
  },
  capacity: {
    short: "capacity at AWS",
    remedy:
      "Give its class more instance types, allow both markets, or ask AWS for a higher quota (why JOB names it)",
  },
  throttled: {
    short: "GitLab's rate limit",
    remedy: "Raise GitLab's rate limit for the token's user",
  },
  gitlab: {
    short: "GitLab, which did not answer",
    remedy: "See whether GitLab was down; doctor asks it now",
  },
  failed: { short: "a start that failed", remedy: "why JOB tells of each attempt why it failed" },
  boot: {
    short: "the machine's boot",
    remedy: "Prepare an image (npx runners image build), or take a faster instance type or more memory",
  },
  install: {
    short: "what the image lacks",
    remedy: "Prepare an image that holds it: npx runners image build",
  },
  assignment: {
    short: "GitLab's assignment",
    remedy: "The runner was there and asked: look at GitLab's load, and at other runners with the same tags",
  },
  exchange: {
    short: "a runner that took another job",
    remedy: "Give jobs that need different runners different tags",
  },
  other: { short: "something else" },
};
