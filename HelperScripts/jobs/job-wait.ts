import { defined } from "../../Core/defined";
import { isOrdered, type Time } from "../../Core/model/ledger";
import { WAIT_CAUSES, type Waits } from "../../Core/waiting/causes";
import { firstCause, stillWaits, totalOf, waitsSoFar } from "../../Core/waiting/split";
import { CAUSE_WORDS } from "../../Core/waiting/words";
import { bar } from "../console/bar";
import type { Console } from "../console/console";
import { duration } from "../console/words";
import type { JobHistory } from "./job-history";

/** What a job waited for, from pending to running or, while it waits, until now. */
export interface JobWait {
  readonly waits: Waits;
  /** False: it still waits. */
  readonly isOver: boolean;
}

/** Undefined: it never ran, or an earlier version stored its run. */
export const waitOf = ({ attempts, runners }: JobHistory, now: Time): JobWait | undefined => {
  const last = attempts.at(-1);
  if (last === undefined || !isOrdered(last)) return undefined;
  if (last.waits !== undefined) return { waits: last.waits, isOver: true };
  if (!stillWaits(last) || last.marks === undefined) return undefined;
  return { waits: waitsSoFar(last, runners.get(last.runnerId ?? 0), now), isOver: false };
};

/** Milliseconds, unrounded; `first` is the cause that took most. */
export const waitJson = ({ waits, isOver }: JobWait) => ({
  milliseconds: totalOf(waits),
  isOver,
  causes: waits,
  ...defined({ first: firstCause(waits) }),
});

/** A bar of the causes in the order in which a job meets them, and a line for each. */
export const waitText = (console: Console, { waits, isOver }: JobWait): readonly string[] => {
  const parts = WAIT_CAUSES.flatMap((cause) => {
    const value = waits[cause] ?? 0;
    return value > 0 ? [{ name: CAUSE_WORDS[cause].short, value, text: duration(value) }] : [];
  });
  if (parts.length === 0) return [];
  const whole = duration(totalOf(waits));
  const head = isOver
    ? `It waited ${whole} from pending to running, for:`
    : `It has waited ${whole} so far, for:`;
  const first = firstCause(waits);
  const arrow = console.isUnicode ? "→" : "->";
  const remedy = first && CAUSE_WORDS[first].remedy;
  return [head, ...bar(console, parts), ...(remedy ? [`${arrow} ${remedy}.`] : []), ""];
};
