import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ROOT } from "../../local/laptop/run-folder";
import { gitlabApi, type TestLaptop, untilAllGone } from "./engine";
import { runners } from "./tools-cases";

const EXAMPLES = join(ROOT, "examples");
/** The project that the examples' mappings name. */
const PROJECT = 42;

/** Puts an `aws` and an `apk` before all others that say what they were asked, and do nothing. @returns the folder */
export const standInForAws = (): string => {
  const folder = mkdtempSync(join(tmpdir(), "aws-stub-"));
  for (const name of ["aws", "apk"]) {
    writeFileSync(join(folder, name), `#!/bin/sh\necho "${name} $*"\n`);
    chmodSync(join(folder, name), 0o755);
  }
  return folder;
};

const folders = readdirSync(EXAMPLES, { withFileTypes: true }).flatMap((each) =>
  each.isDirectory() && existsSync(join(EXAMPLES, each.name, ".gitlab-ci.yml")) ? [each.name] : [],
);

/** The examples as they stand, with the shipped command line. Twelve jobs of a matrix take a minute on two cores. */
export const exampleCases = (get: () => TestLaptop): void => {
  it.each(folders)(
    "%s: its mapping is uploaded as it is, and all its jobs succeed and leave nothing",
    async (folder) => {
      const test = get();
      const gitlab = gitlabApi(test.laptop);
      const mapping = join(EXAMPLES, folder, "mapping.yml");
      const upload = () => runners(test, "mapping", "upload", mapping, "--yes");
      const uploaded = existsSync(mapping) ? await upload() : { exitCode: 0, err: "" };
      expect([uploaded.exitCode, uploaded.err]).toEqual([0, expect.not.stringContaining("error")]);
      const text = readFileSync(join(EXAMPLES, folder, ".gitlab-ci.yml"), "utf8");
      const { id } = (await (
        await gitlab.call("POST", "/_/pipeline", { project: PROJECT, text })
      ).json()) as { id: number };
      const jobs = await (
        await gitlab.call("GET", `/api/v4/projects/${PROJECT}/pipelines/${id}/jobs`)
      ).json();
      const ids = (jobs as { id: number }[]).map((job) => job.id);
      const ended = await untilAllGone(test.laptop, PROJECT, ids, 240_000);
      expect(ended.map(({ name, status }) => `${name}: ${status}`)).toEqual(
        ended.map(({ name }) => `${name}: success`),
      );
    },
    300_000,
  );
};
