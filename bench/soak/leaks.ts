import { openSync } from "node:fs";
import type { StandIn } from "../../local/gitlab";

/** Where a leak leaks. */
interface Leaking {
  readonly gitlabUrl: string;
  readonly standIn?: Pick<StandIn, "accessToken">;
}

/** What a leak loses at each job, to show that a soak notices it. */
export const LEAKS = ["memory", "handles", "items"] as const;
export type Leak = (typeof LEAKS)[number];

const KEPT_NUMBERS = 25_000;
const kept: number[][] = [];

/** A fifth of a MiB of the heap. */
const leakMemory = (): void => void kept.push(Array.from({ length: KEPT_NUMBERS }, Math.random));

const leakHandle = (): void => void openSync("/dev/null", "r");

const PROJECT = 13;

/** A runner record that nobody deletes. It is not ours by its description, so the reconciler leaves it alone. */
const leakItem = async ({ gitlabUrl, standIn }: Leaking): Promise<void> => {
  // While GitLab's API fails, as it does now and then in a soak, none is made.
  await fetch(`${gitlabUrl}/api/v4/user/runners`, {
    method: "POST",
    headers: { "PRIVATE-TOKEN": standIn?.accessToken ?? "", "Content-Type": "application/json" },
    body: JSON.stringify({ runner_type: "project_type", project_id: PROJECT, description: "left" }),
  });
};

const LEAK: Readonly<Record<Leak, (leaking: Leaking) => void | Promise<void>>> = {
  memory: leakMemory,
  handles: leakHandle,
  items: leakItem,
};

/** @returns what loses something for each of so many jobs */
export const leakOf =
  (leaking: Leaking, leaks: readonly Leak[]) =>
  async (jobs: number): Promise<void> => {
    for (const leak of leaks) for (let job = 0; job < jobs; job += 1) await LEAK[leak](leaking);
  };

/** @throws Error for a word that is no leak */
export const parseLeaks = (words: string): readonly Leak[] =>
  words
    .split(",")
    .filter(Boolean)
    .map((word) => {
      const leak = LEAKS.find((one) => one === word);
      if (leak === undefined) throw new Error(`--leak takes ${LEAKS.join(", ")}, not ${word}`);
      return leak;
    });
