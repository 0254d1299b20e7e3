import { MINUTE, simulationWith } from "./scenario-parts";
import { wronglyCounted } from "./world/proof/counted";
import type { Simulation } from "./world/world";

/** The first VM has a twin, which no runner of the ledger has. */
const launchTwin = ({ microVms }: Simulation): void => {
  const { run } = microVms;
  microVms.run = (input) => {
    microVms.run = run;
    run.call(microVms, { ...input, clientToken: `${input.clientToken}-twin` });
    return run.call(microVms, input);
  };
};

describe("what the ends counted", () => {
  it("I-40: is held against the instances, whatever MicroVM the ledger never knew of", async () => {
    const world = simulationWith({});
    launchTwin(world);
    world.addJob({ kind: "microVm" });
    world.addJob({ kind: "ec2" });
    await world.run(60 * MINUTE);
    expect(world.table.orphans.size).toBe(1);
    expect(wronglyCounted(world)).toEqual([]);
  });
});
