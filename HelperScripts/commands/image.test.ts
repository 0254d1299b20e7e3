import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { AUTOSCALER, DeploymentDouble, INFRASTRUCTURE } from "../testing/deployment-double";
import { NamedError } from "../testing/named-error";

const ROOT = join(__dirname, "../..");
const PARAMETER = "/gitlabrunner/images/arm64";
const STOCK = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-arm64";
const MINUTE = 60_000;

const FILES = [
  "Ec2Runner/prepare-image.sh",
  "Ec2Runner/install.sh",
  "LambdaShellRunner/verify-signature.sh",
  "LambdaShellRunner/sum-of.sh",
  "LambdaShellRunner/keys/aws-cli.asc",
  "LambdaShellRunner/Dockerfile",
];

type Json = Record<string, unknown>;

/** EC2 with one builder at most, in virtual time. */
class BuilderEc2 {
  readonly on = new DeploymentDouble();
  /** By id. */
  readonly images = new Map<string, Json>();
  readonly terminated: string[] = [];
  request: Json = {};
  launchedAt = 0;
  preparesInMs = 4 * MINUTE;
  says = "glr: installing Docker and git\r\nglr: image ready\r\n";
  imageState = "available";
  templateImage = `resolve:ssm:${STOCK}`;
  updates: Json[] = [];
  updateStatus = "UPDATE_COMPLETE";
  left: readonly Json[] = [];

  constructor() {
    const { on } = this;
    for (const path of FILES) {
      const text = readFileSync(join(ROOT, path), "utf8");
      on.files.set(join(ROOT, path), text.replace(/^(ARG \w+_SHA256_\w+=)$/gm, "$1abc"));
    }
    on.setParameter("infrastructure/subnet-id-1", "subnet-1", "String");
    on.parameters.set(STOCK, { Value: "ami-0aa0", Type: "String" });
    this.image("ami-0aa0", { Name: "al2023-ami-2023.9" });
    this.#answer();
  }

  image(ImageId: string, more: Json = {}): void {
    this.images.set(ImageId, {
      ImageId,
      Name: ImageId,
      State: "available",
      Architecture: "arm64",
      RootDeviceName: "/dev/xvda",
      CreationDate: "2026-11-20T00:00:00.000Z",
      ...more,
    });
  }

  /** As after an earlier `image build`. */
  useStored(imageId: string): void {
    this.on.setParameter("images/arm64", imageId, "String");
    this.templateImage = `resolve:ssm:${PARAMETER}`;
  }

  #answer(): void {
    const { answers, stacks } = this.on;
    const stack = stacks.get(AUTOSCALER);
    const Parameters = ["ImageIdArm64", "DiskGiB"].map((ParameterKey) => ({
      ParameterKey,
      ParameterValue: "x",
    }));
    Object.assign(stack ?? {}, { Parameters });
    answers.set("UpdateStackCommand", (input: Json) => {
      this.updates.push(input);
      const changed = (input.Parameters as { ParameterKey: string; ParameterValue?: string }[]).find(
        ({ ParameterValue }) => ParameterValue !== undefined,
      );
      Object.assign(stack ?? {}, { StackStatus: this.updateStatus });
      if (this.updateStatus === "UPDATE_COMPLETE") this.templateImage = changed?.ParameterValue ?? "";
      return {};
    });
    answers.set("DescribeLaunchTemplateVersionsCommand", () => ({
      LaunchTemplateVersions: [
        {
          LaunchTemplateData: {
            ImageId: this.templateImage,
            BlockDeviceMappings: [{ DeviceName: "/dev/xvda" }],
            NetworkInterfaces: [{ Groups: ["sg-1"], AssociatePublicIpAddress: true }],
          },
        },
      ],
    }));
    answers.set(
      "DescribeImagesCommand",
      ({ ImageIds, Owners }: { ImageIds?: string[]; Owners?: string[] }) => {
        const missing = ImageIds?.find((id) => !this.images.has(id));
        if (missing !== undefined) throw new NamedError("InvalidAMIID.NotFound");
        const all = [...this.images.values()].filter(
          ({ Tags }) => Owners === undefined || Tags !== undefined,
        );
        return { Images: all.filter(({ ImageId }) => ImageIds?.includes(String(ImageId)) ?? true) };
      },
    );
    answers.set("RunInstancesCommand", (input: Json) => {
      this.request = input;
      this.launchedAt = this.on.now;
      return { Instances: [{ InstanceId: "i-builder" }] };
    });
    answers.set("DescribeInstancesCommand", ({ Filters: [filter] }: { Filters: { Name: string }[] }) => {
      if (filter?.Name === "tag:glr:builder") return { Reservations: [{ Instances: this.left }] };
      const isDone = this.on.now - this.launchedAt >= this.preparesInMs;
      const State = { Name: isDone ? "stopped" : "running" };
      return { Reservations: [{ Instances: [{ InstanceId: "i-builder", State }] }] };
    });
    answers.set("GetConsoleOutputCommand", ({ Latest }: { Latest?: boolean }) => {
      // Where the console is not shown as it is now, EC2 refuses.
      if (Latest) throw new NamedError("UnsupportedOperation");
      const isDone = this.on.now - this.launchedAt >= this.preparesInMs;
      return { Output: Buffer.from(isDone ? this.says : "").toString("base64") };
    });
    answers.set("CreateImageCommand", (input: Json) => {
      const [{ Tags }] = input.TagSpecifications as [{ Tags: unknown }];
      this.image("ami-0new", { Name: input.Name, State: this.imageState, Tags });
      return { ImageId: "ami-0new" };
    });
    answers.set("DeregisterImageCommand", ({ ImageId }: { ImageId: string }) => {
      this.images.delete(ImageId);
      return {};
    });
    answers.set("TerminateInstancesCommand", ({ InstanceIds }: { InstanceIds: string[] }) => {
      this.terminated.push(...InstanceIds);
      return {};
    });
  }

  stored(): string | undefined {
    return this.on.parameters.get(PARAMETER)?.Value;
  }
}

const script = ({ request }: BuilderEc2): string =>
  gunzipSync(Buffer.from(String(request.UserData), "base64")).toString("utf8");

describe("image build", () => {
  it("has a builder prepare its disk, makes the image, stores its id and terminates the builder", async () => {
    const ec2 = new BuilderEc2();
    const { exitCode, out, err } = await ec2.on.run(["image", "build", "--yes"]);
    expect(err).toMatch(/i-builder.*prepares its disk[\s\S]*installing Docker and git[\s\S]*ami-0new/);
    expect(out).toMatch(
      /^ami-0new \(gitlab-runner-arm64-20261125-\d{6}\) is made.*from the next launch on\.$/,
    );
    expect(exitCode).toBe(0);
    expect(ec2.stored()).toBe("ami-0new");
    expect(ec2.terminated).toEqual(["i-builder"]);
  });

  it("launches the builder in our network, without a role, and stops it at its power-off", async () => {
    const ec2 = new BuilderEc2();
    await ec2.on.run(["image", "build", "--yes"]);
    expect(ec2.request).toMatchObject({
      ImageId: "ami-0aa0",
      InstanceType: "m7g.large",
      InstanceInitiatedShutdownBehavior: "stop",
      NetworkInterfaces: [{ SubnetId: "subnet-1", Groups: ["sg-1"], AssociatePublicIpAddress: true }],
      MetadataOptions: { HttpTokens: "required" },
    });
    expect(ec2.request).not.toHaveProperty("IamInstanceProfile");
    // The reconciler terminates what has the tag and no runner.
    expect(JSON.stringify(ec2.request.TagSpecifications)).not.toContain("glr:stack");
    expect(JSON.stringify(ec2.images.get("ami-0new"))).toContain("glr:stack");
  });

  it("I-17: gives the builder the repository's own files in user data of at most 16 KB", async () => {
    const ec2 = new BuilderEc2();
    await ec2.on.run(["image", "build", "--yes"]);
    for (const path of FILES.slice(0, 5))
      expect(script(ec2)).toContain(readFileSync(join(ROOT, path), "utf8").trim());
    expect(script(ec2)).toMatch(/^ARG GITLAB_RUNNER_SHA256_ARM64=\w+$/m);
    // Half an hour, whoever forgets it: a preparation takes minutes.
    expect(script(ec2)).toMatch(/--unit=glr-dead-man --on-active=1800s shutdown -h now$/m);
    // EC2's limit, before the text is encoded.
    expect(Buffer.from(String(ec2.request.UserData), "base64").length).toBeLessThanOrEqual(16_384);
  });

  it("starts from another image where it is told to", async () => {
    const ec2 = new BuilderEc2();
    ec2.image("ami-0bb0");
    await ec2.on.run(["image", "build", "--yes", "--from", "ami-0bb0"]);
    expect(ec2.request.ImageId).toBe("ami-0bb0");
  });

  it("lets launches read the parameter, once: one parameter of the stack changes", async () => {
    const ec2 = new BuilderEc2();
    await ec2.on.run(["image", "build", "--yes"]);
    expect(ec2.updates).toEqual([
      {
        StackName: AUTOSCALER,
        UsePreviousTemplate: true,
        Capabilities: ["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
        Parameters: [
          { ParameterKey: "ImageIdArm64", ParameterValue: `resolve:ssm:${PARAMETER}` },
          { ParameterKey: "DiskGiB", UsePreviousValue: true },
        ],
      },
    ]);
    await ec2.on.run(["image", "build", "--yes"]);
    expect(ec2.updates).toHaveLength(1);
    // It starts from the distribution's newest again, not from what it made before.
    expect(ec2.request.ImageId).toBe("ami-0aa0");
  });

  it("says what to deploy where the stack cannot be updated", async () => {
    const ec2 = new BuilderEc2();
    ec2.updateStatus = "UPDATE_ROLLBACK_COMPLETE";
    const { exitCode, err } = await ec2.on.run(["image", "build", "--yes"]);
    expect(err).toContain(`deploy AutoScaler with ImageIdArm64=resolve:ssm:${PARAMETER}`);
    expect(exitCode).toBe(1);
    expect(ec2.stored()).toBe("ami-0new");
  });

  const failing: readonly [string, (ec2: BuilderEc2) => void, RegExp][] = [
    [
      "a builder that could not install",
      (ec2) => {
        ec2.says = "glr: not installed: wrong-checksum\r\nglr: image not ready\r\n";
      },
      /another checksum than it should/,
    ],
    [
      "a check that failed",
      (ec2) => {
        ec2.says = "MISS  aws\r\nglr: image not ready\r\n";
      },
      /MISS {2}aws[\s\S]*a check failed/,
    ],
    [
      "a builder that is never done",
      (ec2) => {
        ec2.preparesInMs = 60 * MINUTE;
      },
      /not done within 20 minutes/,
    ],
    [
      "a console without a word",
      (ec2) => {
        ec2.says = "";
      },
      /does not say whether it was prepared/,
    ],
    [
      "an image that EC2 could not make",
      (ec2) => {
        ec2.imageState = "failed";
      },
      /ami-0new is failed/,
    ],
    [
      "a parameter that may not be written",
      (ec2) => {
        ec2.on.answers.set("PutParameterCommand", () => {
          throw new NamedError("AccessDeniedException", "not allowed");
        });
      },
      /does not allow this/,
    ],
  ];

  it.each(failing)("leaves nothing behind after %s", async (_what, fault, says) => {
    const ec2 = new BuilderEc2();
    fault(ec2);
    const { exitCode, err } = await ec2.on.run(["image", "build", "--yes"]);
    expect(err).toMatch(says);
    expect(exitCode).toBe(1);
    expect(ec2.terminated).toEqual(["i-builder"]);
    expect(ec2.images.has("ami-0new")).toBe(false);
    expect(ec2.stored()).toBeUndefined();
    expect(ec2.updates).toEqual([]);
  });

  it.each(["DescribeInstancesCommand", "CreateImageCommand"])(
    "leaves nothing behind after Ctrl-C during %s",
    async (during) => {
      const ec2 = new BuilderEc2();
      ec2.imageState = "pending";
      ec2.on.before = ({ command, input }) => {
        if (command === during && !JSON.stringify(input).includes('glr:builder"')) ec2.on.interrupt();
      };
      const { exitCode, err } = await ec2.on.run(["image", "build", "--yes"]);
      expect(err).toContain("Stopped: no image was made");
      expect(exitCode).toBe(1);
      expect(ec2.terminated).toEqual(["i-builder"]);
      expect(ec2.images.has("ami-0new")).toBe(false);
    },
  );

  it("names a builder that EC2 does not terminate", async () => {
    const ec2 = new BuilderEc2();
    ec2.on.answers.set("TerminateInstancesCommand", () => {
      throw new NamedError("UnauthorizedOperation");
    });
    const { err } = await ec2.on.run(["image", "build", "--yes"]);
    expect(err).toMatch(/The builder i-builder is left, remove it: /);
  });

  it("terminates a builder that a killed run left behind, and none that may be at work", async () => {
    const ec2 = new BuilderEc2();
    const State = { Name: "stopped" };
    ec2.left = [
      { InstanceId: "i-old", State, LaunchTime: new Date(ec2.on.now - 61 * MINUTE) },
      { InstanceId: "i-other", State, LaunchTime: new Date(ec2.on.now - 10 * MINUTE) },
    ];
    await ec2.on.run(["image", "build", "--yes"]);
    expect(ec2.terminated).toEqual(["i-old", "i-builder"]);
  });

  it("T-24: launches nothing while a checksum is missing, and says what to do", async () => {
    const ec2 = new BuilderEc2();
    const path = join(ROOT, "LambdaShellRunner/Dockerfile");
    ec2.on.files.set(path, (ec2.on.files.get(path) ?? "").replace(/^(ARG AWS_CLI_SHA256_X86_64=).*$/m, "$1"));
    const { exitCode, err } = await ec2.on.run(["image", "build", "--yes"]);
    expect(err).toContain("AWS_CLI_SHA256_X86_64): run npm run pin -- --missing first");
    expect(exitCode).toBe(2);
    expect(ec2.on.writes()).toEqual([]);
  });

  it("asks first, and does nothing without a yes", async () => {
    const ec2 = new BuilderEc2();
    const { exitCode, console } = await ec2.on.run(["image", "build"], { answers: [false] });
    expect(console.questions[0]).toMatch(/^Launch a m7g\.large for about ten minutes/);
    expect(exitCode).toBe(1);
    expect(ec2.on.writes()).toEqual([]);
  });

  it.each([
    [["--from", "ami-0nowhere"], "ami-0nowhere"],
    [["--from", "resolve:ssm:/nowhere"], "does not resolve to an image"],
    [["--architecture", "x86_64", "--from", "ami-0aa0"], "is for arm64, not for x86_64"],
  ])("launches nothing with %j", async (words, says) => {
    const ec2 = new BuilderEc2();
    const { exitCode, err } = await ec2.on.run(["image", "build", "--yes", ...words]);
    expect(err).toContain(says);
    expect(exitCode).toBe(1);
    expect(ec2.on.writes()).toEqual([]);
  });
});

describe("image list", () => {
  it("shows this deployment's images and those that runners start from", async () => {
    const ec2 = new BuilderEc2();
    await ec2.on.run(["image", "build", "--yes"]);
    const { out, exitCode } = await ec2.on.run(["image", "list"]);
    expect(out).toMatch(/ami-0new +gitlab-runner-arm64-\S+ +arm64 +available .* yes/);
    expect(out).toContain("arm64 runners start from ami-0new.");
    expect(out).not.toContain("al2023");
    expect(exitCode).toBe(0);
  });

  it("says so where there are none", async () => {
    const { out } = await new BuilderEc2().on.run(["image", "list"]);
    expect(out).toContain("no images of this deployment's own");
  });

  it("gives one JSON document", async () => {
    const ec2 = new BuilderEc2();
    await ec2.on.run(["image", "build", "--yes"]);
    const { out } = await ec2.on.run(["image", "list", "--json"]);
    expect(JSON.parse(out)).toMatchObject({
      images: [{ imageId: "ami-0new", isInUse: true, base: `resolve:ssm:${STOCK}` }],
      inUse: { arm64: "ami-0new" },
    });
  });
});

describe("image use", () => {
  it.each([
    ["an id", "ami-0bb0", "ami-0bb0"],
    ["a name", "the-old-one", "ami-0bb0"],
  ])("stores the image that %s names, and says how to go back", async (_what, word, id) => {
    const ec2 = new BuilderEc2();
    const Tags = [{ Key: "glr:stack", Value: INFRASTRUCTURE }];
    ec2.image("ami-0bb0", { Name: "the-old-one", Tags });
    ec2.image("ami-0cc0");
    ec2.useStored("ami-0cc0");
    const { out, exitCode } = await ec2.on.run(["image", "use", word]);
    expect(ec2.stored()).toBe(id);
    expect(out).toContain("To go back: npx runners image use ami-0cc0");
    expect(exitCode).toBe(0);
    expect(ec2.updates).toEqual([]);
  });

  it("lets runners start from Amazon Linux's newest, at each launch", async () => {
    const ec2 = new BuilderEc2();
    ec2.image("ami-0cc0");
    ec2.useStored("ami-0cc0");
    const { out, exitCode } = await ec2.on.run(["image", "use", "stock"]);
    expect(ec2.templateImage).toBe(`resolve:ssm:${STOCK}`);
    expect(out).toContain("To go back: npx runners image use ami-0cc0");
    expect(exitCode).toBe(0);
    await ec2.on.run(["image", "use", "ami-0cc0"]);
    expect(ec2.templateImage).toBe(`resolve:ssm:${PARAMETER}`);
  });

  it.each([
    ["that there is not", {}, "no-such-name", "There is no image no-such-name"],
    ["that is not made yet", { State: "pending" }, "ami-0bb0", "is pending"],
    ["with its root disk elsewhere", { RootDeviceName: "/dev/sda1" }, "ami-0bb0", "RootDeviceName=/dev/sda1"],
    ["for another processor", { Architecture: "i386" }, "ami-0bb0", "is for i386"],
  ])("refuses one %s", async (_what, more, word, says) => {
    const ec2 = new BuilderEc2();
    ec2.image("ami-0bb0", more);
    const { err, exitCode } = await ec2.on.run(["image", "use", word]);
    expect(err).toContain(says);
    expect(exitCode).toBe(2);
    expect(ec2.stored()).toBeUndefined();
    expect(ec2.updates).toEqual([]);
  });
});

describe("the stock image", () => {
  it("is the default of AutoScaler's template", () => {
    const template = readFileSync(join(ROOT, "AutoScaler/template.yaml"), "utf8");
    expect(template).toContain(`\n    Default: resolve:ssm:${STOCK}\n`);
  });
});
