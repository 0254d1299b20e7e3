import { defined } from "../../../../Core/defined";
import { TransientError } from "../../../../Core/errors";

/** Faults of one call: an error without an effect; an effect without an answer; an effect and a dead process. */
export type FaultKind = "fails" | "loses-answer" | "dies";

/** Thrown by every call of a process that died: it can do nothing more, not even clean up. */
export class ProcessDied extends Error {
  override readonly name = "ProcessDied";
}

export interface PortFaultPlan {
  /** Number of calls so far. */
  count: number;
  /** The call that has the fault, counted from 0; undefined: none. */
  readonly at?: number;
  readonly kind?: FaultKind;
  /** The calls that were made, by name. */
  readonly calls: string[];
  /** Set when the process died: its calls fail until the next process begins. */
  isDead: boolean;
}

export const faultPlan = (at?: number, kind?: FaultKind): PortFaultPlan => ({
  count: 0,
  calls: [],
  isDead: false,
  ...defined({ at, kind }),
});

const hit = async (plan: PortFaultPlan, run: () => Promise<unknown>): Promise<unknown> => {
  if (plan.kind === "fails") throw new TransientError("The call failed");
  const answer = await run();
  if (plan.kind === undefined) return answer;
  if (plan.kind === "loses-answer") throw new TransientError("The answer was lost");
  plan.isDead = true;
  throw new ProcessDied("The process died");
};

/** A port whose calls have the plan's fault. Methods without a promise are unchanged. */
export const withFaults = <Port extends object>(port: Port, plan: PortFaultPlan, name: string): Port =>
  new Proxy(port, {
    get: (target, key) => {
      const member: unknown = Reflect.get(target, key);
      if (typeof member !== "function") return member;
      return (...parameters: unknown[]): unknown => {
        const run = async (): Promise<unknown> => member.apply(target, parameters);
        if (plan.isDead) return Promise.reject(new ProcessDied("The process died"));
        plan.calls.push(`${name}.${String(key)}`);
        const index = plan.count;
        plan.count += 1;
        return index === plan.at ? hit(plan, run) : run();
      };
    },
  });
