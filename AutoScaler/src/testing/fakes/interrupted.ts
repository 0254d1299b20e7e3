/**
 * A port before one of whose calls something else happens: so a test puts another process between two calls.
 *
 * @param method whose first call it is
 * @param meanwhile what happens just before that call takes effect
 */
export const interrupted = <Port extends object>(
  port: Port,
  method: keyof Port & string,
  meanwhile: () => Promise<unknown> | unknown,
): Port => {
  let isDone = false;
  return new Proxy(port, {
    get: (target, key) => {
      const member: unknown = Reflect.get(target, key);
      if (key !== method || typeof member !== "function") return member;
      return async (...parameters: unknown[]): Promise<unknown> => {
        if (!isDone) {
          isDone = true;
          await meanwhile();
        }
        return member.apply(target, parameters);
      };
    },
  });
};
