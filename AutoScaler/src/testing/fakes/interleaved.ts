import type { Scheduler } from "fast-check";

/** A port whose calls take effect in an order that a scheduler chooses, so that processes interleave between calls. */
export const interleaved = <Port extends object>(port: Port, scheduler: Scheduler): Port =>
  new Proxy(port, {
    get: (target, key) => {
      const member: unknown = Reflect.get(target, key);
      if (typeof member !== "function") return member;
      return async (...parameters: unknown[]): Promise<unknown> => {
        await scheduler.schedule(Promise.resolve());
        return member.apply(target, parameters);
      };
    },
  });
