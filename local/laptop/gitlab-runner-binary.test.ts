import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findGitLabRunner } from "./gitlab-runner-binary";

const folder = mkdtempSync(join(tmpdir(), "gitlab-runner-binary-"));
const [first, second] = [join(folder, "first"), join(folder, "second")];
beforeAll(() => {
  for (const path of [first, second]) mkdirSync(path);
  writeFileSync(join(first, "gitlab-runner"), "", { mode: 0o600 });
  writeFileSync(join(second, "gitlab-runner"), "");
  chmodSync(join(second, "gitlab-runner"), 0o755);
});
afterAll(() => rmSync(folder, { recursive: true }));

describe("findGitLabRunner", () => {
  it("takes what GITLAB_RUNNER names before all else", () => {
    expect(findGitLabRunner({ GITLAB_RUNNER: "/opt/gitlab-runner", PATH: second })).toEqual({
      path: "/opt/gitlab-runner",
      isReal: true,
    });
  });

  it("takes the first on PATH that can be run", () => {
    expect(findGitLabRunner({ PATH: `${first}:${second}` })).toEqual({
      path: join(second, "gitlab-runner"),
      isReal: true,
    });
  });

  it("takes the stand-in where there is none, and knows that it is one", () => {
    const found = findGitLabRunner({ PATH: first });
    expect(found).toEqual({ path: join(__dirname, "../gitlab-runner/gitlab-runner"), isReal: false });
    expect(findGitLabRunner({ GITLAB_RUNNER: found.path })).toEqual(found);
  });
});
