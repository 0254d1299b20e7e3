/** What was read of the engine, until something changes there. */
export interface Kept {
  /** What `read` answered under this key since the last change; while something changes, what it answers now. */
  get<Value>(key: string, read: () => Promise<Value>): Promise<Value>;
  /** A call passes that may change something. The function that comes back is called once it is answered. */
  change(): () => void;
  /** Something changes in the background from now on, until it has settled. */
  unsettle(): void;
}

const ASK_AGAIN_MS = 200;

/**
 * @param isSettled whether the engine has done what it was told: a stack is deployed long after the call was answered
 * @param now milliseconds since 1970
 */
export const keptUntilChange = (isSettled: () => Promise<boolean>, now: () => number): Kept => {
  const kept = new Map<string, Promise<unknown>>();
  let changing = 0;
  let isUnsettled = false;
  let asked = { at: Number.NEGATIVE_INFINITY, answer: Promise.resolve(false) };

  const settled = async (): Promise<boolean> => {
    if (!isUnsettled) return true;
    if (now() - asked.at > ASK_AGAIN_MS) asked = { at: now(), answer: isSettled() };
    const question = asked;
    // Only an answer to what was asked after the last change counts.
    if (!(await question.answer) || question !== asked) return false;
    kept.clear();
    isUnsettled = false;
    return true;
  };

  const keep = <Value>(key: string, read: () => Promise<Value>): Promise<Value> => {
    const known = kept.get(key) as Promise<Value> | undefined;
    if (known !== undefined) return known;
    const answer = read();
    kept.set(key, answer);
    answer.catch(() => kept.get(key) === answer && kept.delete(key));
    return answer;
  };

  return {
    get: async (key, read) => {
      const isQuiet = (await settled()) && changing === 0;
      return isQuiet ? keep(key, read) : read();
    },
    change: () => {
      changing += 1;
      kept.clear();
      return () => {
        changing -= 1;
        kept.clear();
      };
    },
    unsettle: () => {
      isUnsettled = true;
      asked = { at: Number.NEGATIVE_INFINITY, answer: Promise.resolve(false) };
    },
  };
};
