import { fakeClock } from "../testing/fakes/fake-clock";
import { fakeInstances } from "../testing/fakes/fake-instances";
import { fakeLedger } from "../testing/fakes/fake-ledger";
import { aRunner } from "../testing/fakes/items";
import { type TerminateDependencies, terminateInstance } from "./terminate-instance";

it.each([
  ["whose record is not deleted yet", { state: "STARTING" }],
  ["that has a job", { state: "BUSY" }],
  ["that is a function and ends by itself", { state: "ENDING", provider: "LAMBDA" }],
  ["that was one and is gone", { state: "GONE", provider: "LAMBDA" }],
] as const)("I-3 I-20: terminates nothing of a runner %s", async (_, patch) => {
  const ledger = fakeLedger();
  await ledger.commit([{ put: aRunner(patch) }]);
  const instances = fakeInstances();
  const terminate = jest.spyOn(instances, "terminate");
  const dependencies = { ledger, instances, clock: fakeClock() } as unknown as TerminateDependencies;
  const end = await terminateInstance(dependencies, { runnerId: 9001, recordDeleted: true } as never);
  expect(end).toEqual({ kind: "left", runnerId: 9001, reason: "not-ending" });
  expect(terminate).not.toHaveBeenCalled();
});
