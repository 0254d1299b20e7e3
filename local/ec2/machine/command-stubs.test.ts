import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { writeCommandStubs } from "./command-stubs";

const root = mkdtempSync(join(tmpdir(), "command-stubs-"));
const bin = join(root, "bin");
const gitlabRunner = join(root, "runner");
const path = `${bin}:${process.env.PATH}`;

beforeAll(() => {
  writeFileSync(gitlabRunner, "#!/bin/bash\nmktemp -t trace-XXXXXX\n", { mode: 0o700 });
  writeCommandStubs(bin, { root, path, powerOffUrl: "http://127.0.0.1:9/", gitlabRunner, env: {} });
});
afterAll(() => rmSync(root, { recursive: true }));

it("gives gitlab-runner a temporary folder inside the instance's root, though user data scrubs its environment", () => {
  const { stdout } = spawnSync(join(bin, "gitlab-runner"), ["run-single"], {
    env: { PATH: path },
    encoding: "utf8",
  });
  expect(dirname(stdout.trim())).toBe(join(root, "tmp"));
});

it("puts every command before this machine's own: a stub that cannot be run would let the real one through", () => {
  for (const name of ["shutdown", "systemctl", "systemd-run", "iptables", "ip6tables", "docker"]) {
    const { stdout } = spawnSync("bash", ["-c", `command -v ${name}`], {
      env: { PATH: path },
      encoding: "utf8",
    });
    expect(stdout.trim()).toBe(join(bin, name));
  }
});
