import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ROOT } from "../../local/laptop/run-folder";
import { deploymentCases } from "./deployment-cases";
import { gitlabApi, openLaptop, START_MS, type TestLaptop, untilAllGone } from "./engine";

const PROJECT = 5;
const SHIPPED = [
  "AutoScaler",
  "Core",
  "Infrastructure",
  "LambdaShellRunner",
  "package-lock.json",
  "tsconfig.json",
];

let copy: string;
let test: TestLaptop;

/** Replaces a text of the shipped file. It throws when the text is missing: the test would prove nothing then. */
const change = (file: string, from: string, to: string): void => {
  const path = join(copy, file);
  const text = readFileSync(path, "utf8");
  if (!text.includes(from)) throw new Error(`${file} has no ${from}`);
  writeFileSync(path, text.replace(from, to));
};

beforeAll(async () => {
  copy = mkdtempSync(join(tmpdir(), "gitlab-runners-copy-"));
  for (const name of SHIPPED) cpSync(join(ROOT, name), join(copy, name), { recursive: true });
  symlinkSync(join(ROOT, "node_modules"), join(copy, "node_modules"));
  change(
    "AutoScaler/template.yaml",
    "#!/bin/bash\n",
    "#!/bin/bash\n                  echo user data of the copy\n",
  );
  change("AutoScaler/src/handlers/look-up-runner.ts", '"RUNNER_LOOKED_UP"', '"RUNNER_LOOKED_UP_BY_THE_COPY"');
  test = await openLaptop({ root: copy });
}, START_MS);

afterAll(async () => {
  await test?.laptop.close();
  rmSync(copy, { recursive: true, force: true });
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

deploymentCases({ get: () => test, root: () => copy });
