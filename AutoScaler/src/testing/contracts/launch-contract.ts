import type { StartedRunner } from "../../../../Core/model/ledger";
import type { RunnerProvider } from "../../ports";
import { sampleRunner } from "./samples";

export interface ProviderUnderTest {
  readonly provider: RunnerProvider;
  /** The content of each launch call as one text, without what the transport adds. */
  readonly sent: () => readonly string[];
  /** A runner for this provider. */
  readonly runner?: Partial<StartedRunner>;
}

/** The contract of every provider. */
export const providerContract = (prepare: () => ProviderUnderTest | Promise<ProviderUnderTest>): void => {
  const launchedFor = { jobId: 3_580_121_225, attempt: 2 };

  it("I-18: repeats a launch byte for byte, and gets the same resource", async () => {
    const { provider, sent, runner } = await prepare();
    const stored = sampleRunner({ runnerId: 9001, ...launchedFor, launchedFor, ...runner });
    const [first, second] = [await provider.launch(stored), await provider.launch(stored)];
    expect(first).toMatchObject({ kind: "launched", resourceId: expect.stringMatching(/.+/) });
    expect(second).toEqual(first);
    expect(sent()).toHaveLength(2);
    expect(sent()[1]).toBe(sent()[0]);
  });

  it("I-18: launches a runner with the job of its first launch, not with the job that a swap gave it", async () => {
    const { provider, sent, runner } = await prepare();
    const stored = sampleRunner({ runnerId: 9001, ...launchedFor, launchedFor, ...runner });
    await provider.launch(stored);
    await provider.launch({
      ...stored,
      version: 9,
      jobId: 1,
      attempt: 1,
      lease: { kind: "end", holder: "b", until: 1 },
    });
    expect(sent()[1]).toBe(sent()[0]);
  });

  it("I-17 T-15: carries no text of the webhook", async () => {
    const { provider, sent, runner } = await prepare();
    const stored = sampleRunner({ runnerId: 9001, launchedFor, ...runner });
    const jobName = "$(touch /tmp/canary) `id`";
    await provider.launch({ ...stored, order: { ...stored.order, jobName, tags: ["canary-tag"] } });
    expect(sent()[0]).not.toContain("canary");
  });
};
