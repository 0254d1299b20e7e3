import { type CopiedClone, copyClone } from "./copied-clone";
import { gitlabApi, openLaptop, START_MS, type TestLaptop, untilAllGone } from "./engine";

const PROJECT = 5;

let copy: CopiedClone;
let test: TestLaptop;

beforeAll(async () => {
  copy = copyClone();
  copy.change(
    "AutoScaler/template.yaml",
    "#!/bin/bash\n",
    "#!/bin/bash\n                  echo user data of the copy\n",
  );
  copy.change(
    "AutoScaler/src/handlers/look-up-runner.ts",
    '"RUNNER_LOOKED_UP"',
    '"RUNNER_LOOKED_UP_BY_THE_COPY"',
  );
  test = await openLaptop({ root: copy.path });
}, START_MS);

afterAll(async () => {
  await test?.laptop.close();
  copy.remove();
}, 30_000);

it("runs what is shipped: changes in the user data and in a handler change the run", async () => {
  const { laptop } = test;
  const jobs = [{ name: "image build", tags: ["docker"], script: ["echo built"] }];
  const [job] = await gitlabApi(laptop).pipeline(PROJECT, jobs);
  const [ended] = await untilAllGone(laptop, PROJECT, [job!.id], 90_000);
  expect(ended).toMatchObject({ status: "success" });
  const consoles = laptop.ec2.instances().map(({ instanceId }) => laptop.ec2.console(instanceId));
  expect(consoles.join("\n")).toContain("user data of the copy");
  expect(test.log()).toContain("RUNNER_LOOKED_UP_BY_THE_COPY");
}, 120_000);
