import type { SpawnOptions } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { muteLog } from "../../../tests/gitlab-runner/handler-log";
import { type DockerDaemon, startDocker } from "./docker-daemon";

/** The module itself: what an import gives cannot be watched. */
const processes: typeof import("node:child_process") = require("node:child_process");

const METADATA = "169.254.169.254/32";
const IMAGES = "alpine:3 busybox:1";
/** Programs that write down how they are called. */
const PROGRAMS = ["dockerd", "docker", "iptables"];

describe("Docker in a MicroVM", () => {
  const { spawn } = processes;
  let folder: string;

  const program = (name: string, more = ""): void => {
    const path = join(folder, name);
    writeFileSync(path, `#!/bin/sh\necho "${name} $*" >>'${folder}/calls'\n${more}\n`);
    chmodSync(path, 0o755);
  };
  const calls = (): readonly string[] => {
    const path = join(folder, "calls");
    return existsSync(path) ? readFileSync(path, "utf8").trim().split("\n") : [];
  };
  const start = (): DockerDaemon =>
    startDocker({ PATH: `${folder}:${process.env.PATH}`, GLR_PULLED_IMAGES: IMAGES });
  const untilUp = async (daemon: DockerDaemon): Promise<void> => {
    while (!daemon.isUp()) await sleep(20);
  };

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "docker-daemon-"));
    for (const name of PROGRAMS) program(name);
    // Of all the machine's programs this one alone is looked up in the environment of the test's own process.
    jest
      .spyOn(processes, "spawn")
      .mockImplementation(((name: string, words: string[], options: SpawnOptions) =>
        spawn(join(folder, name), words, options)) as typeof spawn);
    muteLog();
  });
  afterEach(() => {
    jest.restoreAllMocks();
    rmSync(folder, { recursive: true, force: true });
  });

  it("T-27: is up when no container reaches the metadata service, and the images are there", async () => {
    await untilUp(start());
    const all = calls();
    expect(all.filter((call) => call.startsWith("iptables"))).toEqual([
      "iptables -w 10 -N DOCKER-USER",
      `iptables -w 10 -I DOCKER-USER -d ${METADATA} -j DROP`,
    ]);
    expect(all.filter((call) => call.startsWith("docker "))).toEqual([
      "docker info",
      "docker pull --quiet alpine:3",
      "docker pull --quiet busybox:1",
    ]);
    // The VM's own resolver is on its loopback, which no container reaches.
    expect(all).toContain("dockerd --dns 169.254.169.253");
  });

  it("T-27: never is where the wall cannot be raised", async () => {
    program("iptables", '[ "$4" != "DOCKER-USER" ] || [ "$3" = "-N" ]');
    await expect(untilUp(start())).rejects.toThrow(/iptables/);
    expect(calls().filter((call) => call.startsWith("docker pull"))).toEqual([]);
  });

  it("is up without an image that cannot be fetched: the job does that", async () => {
    program("docker", '[ "$1" != pull ]');
    await untilUp(start());
    expect(calls().filter((call) => call.startsWith("docker pull"))).toHaveLength(2);
  });

  it("never is where Docker is not installed", async () => {
    rmSync(join(folder, "dockerd"));
    await expect(untilUp(start())).rejects.toThrow(/dockerd ENOENT/);
  });
});
