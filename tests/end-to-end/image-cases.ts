import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../../local/laptop/run-folder";
import { type CopiedClone, copyClone } from "./copied-clone";
import { gitlabApi, type TestLaptop, untilAllGone } from "./engine";
import { runnersOf } from "./tools-cases";

const PROJECT = 61;
const DOCKERFILE = "LambdaShellRunner/Dockerfile";

/** What stands for a download on the laptop (local/ec2/command-stubs/installers.sh), and its checksum. */
const sumOf = (name: string, says: string): string =>
  createHash("sha256").update(`#!/bin/sh\n# ${name}\necho "${says}"\n# as published\n`).digest("hex");

const version = (dockerfile: string): string =>
  /^ARG GITLAB_RUNNER_VERSION=(.+)$/m.exec(dockerfile)?.[1] ?? "";

/** A clone whose checksums are pinned. Those that already are count on the laptop, too. */
const pinnedClone = (): CopiedClone => {
  const clone = copyClone(["Ec2Runner", "HelperScripts", "package.json"]);
  const dockerfile = readFileSync(join(ROOT, DOCKERFILE), "utf8");
  const runner = `Version:      ${version(dockerfile)}`;
  const pins: Readonly<Record<string, string>> = {
    GITLAB_RUNNER_SHA256_AMD64: sumOf("gitlab-runner-linux-amd64", runner),
    GITLAB_RUNNER_SHA256_ARM64: sumOf("gitlab-runner-linux-arm64", runner),
    AWS_CLI_SHA256_X86_64: sumOf("awscli-exe-linux-x86_64", "aws-cli/2.0.0"),
    AWS_CLI_SHA256_AARCH64: sumOf("awscli-exe-linux-aarch64", "aws-cli/2.0.0"),
  };
  for (const [name, sum] of Object.entries(pins)) {
    if (dockerfile.includes(`ARG ${name}=\n`))
      clone.change(DOCKERFILE, `ARG ${name}=\n`, `ARG ${name}=${sum}\n`);
  }
  return clone;
};

/** Images of EC2 runners, made with the shipped program by the shipped scripts. */
export const imageCases = (get: () => TestLaptop): void => {
  const console = ({ laptop }: TestLaptop, known: number): string => {
    const [instance] = laptop.ec2.instances().slice(known);
    return `${instance?.imageId}\n${laptop.ec2.console(instance?.instanceId ?? "")}`;
  };

  const runJob = async (test: TestLaptop): Promise<string> => {
    const known = test.laptop.ec2.instances().length;
    const jobs = [{ name: "image build", tags: ["docker"], script: ["true"] }];
    const [job] = await gitlabApi(test.laptop).pipeline(PROJECT, jobs);
    const [ended] = await untilAllGone(test.laptop, PROJECT, [job?.id ?? 0], 90_000);
    expect(ended).toMatchObject({ status: "success" });
    return console(test, known);
  };

  it("`image build` makes an image from which jobs start without an installation, and `image use stock` goes back", async () => {
    const test = get();
    const clone = pinnedClone();
    const image = (...argv: readonly string[]) =>
      runnersOf(clone.path, test, 150_000, "image", ...argv, "--json");
    try {
      const built = await image("build", "--yes");
      expect(built).toMatchObject({ exitCode: 0, err: expect.stringContaining("is gone") });
      const { imageId } = JSON.parse(built.out) as { imageId: string };
      expect(built.err).toContain("installing gitlab-runner");
      expect(test.laptop.ec2.running()).toBe(0);

      const listed = JSON.parse((await image("list")).out);
      expect(listed.images).toEqual([
        expect.objectContaining({ imageId, isInUse: true, state: "available" }),
      ]);
      const prepared = await runJob(test);
      expect(prepared).toContain(imageId);
      expect(prepared).not.toContain("glr: installing");

      expect(await image("use", "stock")).toMatchObject({ exitCode: 0 });
      expect(await runJob(test)).toContain("glr: installing gitlab-runner");
    } finally {
      clone.remove();
    }
  }, 400_000);
};
