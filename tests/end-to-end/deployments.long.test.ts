import { type CopiedClone, copyClone } from "./copied-clone";
import { deploymentCases } from "./deployment-cases";
import { openLaptop, START_MS, type TestLaptop } from "./engine";

let copy: CopiedClone;
let test: TestLaptop;

beforeAll(async () => {
  copy = copyClone();
  // What an update changes later.
  copy.change(
    "AutoScaler/template.yaml",
    "#!/bin/bash\n",
    "#!/bin/bash\n                  echo user data of the copy\n",
  );
  test = await openLaptop({ root: copy.path });
}, START_MS);

afterAll(async () => {
  await test?.laptop.close();
  copy.remove();
}, 30_000);

deploymentCases({ get: () => test, root: () => copy.path });
