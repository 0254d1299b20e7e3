import { execFileSync } from "node:child_process";
import { createReadStream, existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import * as http from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { withRunner } from "../../tests/gitlab-runner/runner-under-test";

const STAND_IN = join(__dirname, "gitlab-runner");
const binary = { path: STAND_IN, scale: 1 };

describe("the stand-in", () => {
  it(
    "says that it is one: by its version, at its start and in the job's log",
    withRunner(binary, async (runner) => {
      expect(execFileSync(STAND_IN, ["--version"], { encoding: "utf8" })).toContain(
        "not the real gitlab-runner",
      );
      runner.gitlab.push({ id: 7, script: ["true"] });
      await runner.start();
      await runner.ended();
      expect(runner.lines[0]?.msg).toContain("stand-in");
      expect(runner.gitlab.trace(7)).toMatch(/^Running with gitlab-runner stand-in/);
    }),
  );

  it(
    "takes an entry for the docker executor, runs the job in the shell, and says so",
    withRunner(binary, async (runner) => {
      const config = join(runner.folder, "docker.toml");
      const toml = `concurrent = 1
[[runners]]
  name = "job"
  url = "${runner.gitlab.url}"
  token = "glrt-abcdefghijk"
  executor = "docker"
  builds_dir = "${runner.buildsDir}"
  environment = [
    "A=1", # one
    "B=2",
  ]
  [runners.docker]
    image = "alpine:latest"
    privileged = false
    volumes = ["/cache"]
    pull_policy = ["always"]
`;
      writeFileSync(config, toml);
      runner.gitlab.push({ id: 7, script: ["echo a=$A b=$B"] });
      const flags = ["--config", config, "-r", "job", "--max-builds", "1", "--wait-timeout", "5"];
      await runner.start({ args: ["--log-format", "json", "run-single", ...flags] });
      await expect(runner.ended()).resolves.toBe(0);
      expect(runner.gitlab.trace(7)).toContain("a=1 b=2");
      expect(runner.gitlab.trace(7)).toContain("no docker executor");
      expect(runner.said("no docker executor")).toBe(true);
    }),
  );

  it(
    "fetches the sources of a repository that it can reach",
    withRunner(binary, async (runner) => {
      const folder = mkdtempSync(join(tmpdir(), "repository-"));
      const git = (cwd: string, ...args: string[]): string =>
        execFileSync("git", ["-c", "user.name=a", "-c", "user.email=a@example.com", ...args], {
          cwd,
          encoding: "utf8",
          stdio: ["ignore", "pipe", "ignore"],
        }).trim();
      git(folder, "init", "-q", "-b", "main", "work");
      git(join(folder, "work"), "commit", "-q", "--allow-empty", "-m", "first");
      execFileSync("sh", ["-c", "echo hello > file"], { cwd: join(folder, "work") });
      git(join(folder, "work"), "add", "file");
      git(join(folder, "work"), "commit", "-q", "-m", "second");
      git(folder, "clone", "-q", "--bare", "work", "repository.git");
      git(join(folder, "repository.git"), "update-server-info");
      const server = http.createServer((request, response) => {
        const path = join(folder, new URL(request.url ?? "", "http://a").pathname);
        if (!existsSync(path)) return response.writeHead(404).end();
        return createReadStream(path).pipe(response);
      });
      await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/repository.git`;
      const sha = git(join(folder, "work"), "rev-parse", "HEAD");
      runner.gitlab.push({ id: 7, script: ["cat file"], git: { repo_url: url, ref: "main", sha } });
      await runner.start();
      await runner.ended();
      server.closeAllConnections();
      server.close();
      rmSync(folder, { recursive: true });
      expect(runner.gitlab.trace(7)).toContain("\nhello\n");
      expect(runner.gitlab.state(7)).toBe("success");
    }),
  );
});
