import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { killJobContainers } from "./job-containers";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "containers-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Runs it with a docker that notes its calls, and answers `ps` with these ids. */
const callsWith = async (ids: readonly string[], killStatus = 0): Promise<readonly string[]> => {
  const calls = join(folder, "calls");
  const script = `#!/bin/bash\necho "$*" >>'${calls}'\nif [[ $1 == ps ]]; then printf '%s\\n' ${ids.join(" ")}; else exit ${killStatus}; fi\n`;
  writeFileSync(join(folder, "docker"), script, { mode: 0o755 });
  await killJobContainers({ PATH: [folder, process.env.PATH].join(delimiter) });
  return readFileSync(calls, "utf8").trim().split("\n");
};

const PS = "ps -q --no-trunc --filter label=com.gitlab.gitlab-runner.type=build";

it("kills the containers of the job's scripts, one after the other, and no others", async () => {
  await expect(callsWith(["one", "two"])).resolves.toEqual([PS, "kill one", "kill two"]);
});

it("goes on where one has ended meanwhile", async () => {
  await expect(callsWith(["one", "two"], 1)).resolves.toEqual([PS, "kill one", "kill two"]);
});

it("kills nothing where none runs", async () => {
  await expect(callsWith([])).resolves.toEqual([PS]);
});
