import { parseRoutingSettings, ROUTING_VARIABLES } from "./routing-settings";

const ENV = {
  DEFAULT_RUNNER_ARN: "",
  DEFAULT_ARCHITECTURE: "x86_64",
  INSTANCE_TYPES_ARM64: "m7g.large, c7g.large",
  INSTANCE_TYPES_X86_64: "m7i.large",
  DISK_GIB: "40",
  EC2_MAX_LIFETIME_SECONDS: "9000",
};

describe("parseRoutingSettings", () => {
  it("reads the stack's parameters from a function's environment", () => {
    expect(parseRoutingSettings(ENV, { region: "eu-west-1", account: "111122223333" })).toEqual({
      unmappedJobs: "DEFAULT",
      servedProjects: [],
      maxRunners: 100,
      defaults: {
        LAMBDA: {
          name: "default",
          type: "LAMBDA",
          lifetimeSeconds: 900,
          waitTimeoutSeconds: 60,
          maxRunners: 50,
        },
        EC2: {
          name: "default",
          type: "EC2",
          lifetimeSeconds: 7200,
          waitTimeoutSeconds: 120,
          maxRunners: 50,
          ec2: {
            architecture: "x86_64",
            instanceTypes: ["m7i.large"],
            market: "spot-first",
            diskGiB: 40,
            privileged: false,
          },
        },
        MICROVM: {
          name: "default",
          type: "MICROVM",
          lifetimeSeconds: 7200,
          waitTimeoutSeconds: 60,
          maxRunners: 50,
          microVm: {
            memoryMiB: 2048,
            executor: "docker",
            image: "public.ecr.aws/docker/library/debian:13-slim",
          },
        },
      },
      longestLifetimeSeconds: { LAMBDA: 900, EC2: 9000, MICROVM: 28_800 },
      allowedInstanceTypes: { arm64: ["m7g.large", "c7g.large"], x86_64: ["m7i.large"] },
      home: { region: "eu-west-1", account: "111122223333" },
    });
  });

  it("gives no EC2 runner a longer life than the stack allows", () => {
    const settings = parseRoutingSettings({ ...ENV, EC2_MAX_LIFETIME_SECONDS: "3600" });
    expect(settings.defaults.EC2.lifetimeSeconds).toBe(3600);
  });

  it("takes the default runner that the stack names before the one that LambdaShellRunner published", () => {
    const named = { ...ENV, DEFAULT_RUNNER_ARN: "arn:x" };
    expect(parseRoutingSettings(named, undefined, "arn:y").defaultRunnerArn).toBe("arn:x");
    expect(parseRoutingSettings(ENV, undefined, "arn:y").defaultRunnerArn).toBe("arn:y");
    expect(parseRoutingSettings(ENV)).not.toHaveProperty("defaultRunnerArn");
  });

  const needed = ROUTING_VARIABLES.filter((name) => !name.startsWith("INSTANCE_TYPES"));
  it.each(needed)("names %s when it is missing or wrong", (name) => {
    for (const value of [undefined, "", "x", "0", "-1", "1.5"]) {
      expect(() => parseRoutingSettings({ ...ENV, [name]: value })).toThrow(name);
    }
  });
});
