import { TransientError } from "../../../Core/errors";
import { fakeLedger } from "../testing/fakes";
import { faultPlan, withFaults } from "../testing/fakes/faults";
import { anAttempt } from "../testing/fakes/items";
import { commit, retryOnConflict } from "./commit";

describe("commit", () => {
  it("F-18: counts a write as done when it was applied and its answer was lost", async () => {
    const ledger = fakeLedger();
    const lossy = withFaults(ledger, faultPlan(0, "loses-answer"), "ledger");

    await expect(commit(lossy, [{ put: anAttempt() }])).resolves.toBe(true);
    expect(ledger.writes).toBe(1);
  });

  it("F-18: writes at the second try what the first try did not", async () => {
    const ledger = fakeLedger();
    const lossy = withFaults(ledger, faultPlan(0, "fails"), "ledger");

    await expect(commit(lossy, [{ put: anAttempt() }])).resolves.toBe(true);
    expect(ledger.items.size).toBe(1);
  });

  it("F-17 F-18: is false when another writer came between the lost answer and the second try", async () => {
    const ledger = fakeLedger();
    await ledger.commit([{ put: anAttempt({ detail: "another's" }) }]);
    const failing = withFaults(ledger, faultPlan(0, "fails"), "ledger");

    await expect(commit(failing, [{ put: anAttempt() }])).resolves.toBe(false);
  });

  it("throws errors that are not transient", async () => {
    const broken = { ...fakeLedger(), commit: () => Promise.reject(new RangeError("a defect")) };

    await expect(commit(broken, [{ put: anAttempt() }])).rejects.toThrow(RangeError);
  });
});

describe("follow", () => {
  it("F-17: reads again when somebody else was faster", async () => {
    const ledger = fakeLedger();
    let reads = 0;
    const result = await retryOnConflict(ledger, async () => {
      reads += 1;
      if (reads === 1) await ledger.commit([{ put: anAttempt() }]);
      const [found] = await ledger.attempts(7);
      const version = reads === 1 ? 1 : (found?.version ?? 0) + 1;
      return { changes: [{ put: anAttempt({ version }) }], result: reads };
    });

    expect(result).toBe(2);
  });

  it("I-25: gives up after ten tries", async () => {
    const never = { ...fakeLedger(), commit: async () => false };
    let reads = 0;

    await expect(
      retryOnConflict(never, async () => {
        reads += 1;
        return { changes: [{ put: anAttempt() }], result: undefined };
      }),
    ).rejects.toThrow(TransientError);
    expect(reads).toBe(10);
  });
});
