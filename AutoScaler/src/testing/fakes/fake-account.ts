import type { LambdaAccount } from "../../ports";

export interface FakeAccount extends LambdaAccount {
  concurrentExecutions: number | undefined;
}

/** An account in use: its concurrency leaves room for more Lambda runners than any limit of the tests. */
export const fakeAccount = (): FakeAccount => {
  const fake: FakeAccount = {
    concurrentExecutions: 1_000,
    concurrency: async () => fake.concurrentExecutions,
  };
  return fake;
};
