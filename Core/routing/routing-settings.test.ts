import { parseRoutingSettings, ROUTING_VARIABLES } from "./routing-settings";

const ENV = {
  DEFAULT_RUNNER_ARN: "",
  DEFAULT_ARCHITECTURE: "x86_64",
  INSTANCE_TYPES_ARM64: "m7g.large, c7g.large",
  INSTANCE_TYPES_X86_64: "m7i.large",
  MARKET: "spot",
  DISK_GIB: "40",
  EC2_LIFETIME_SECONDS: "3600",
  EC2_MAX_LIFETIME_SECONDS: "9000",
  EC2_WAIT_TIMEOUT_SECONDS: "100",
  LAMBDA_LIFETIME_SECONDS: "900",
  LAMBDA_WAIT_TIMEOUT_SECONDS: "50",
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
          waitTimeoutSeconds: 50,
          maxRunners: 50,
        },
        EC2: {
          name: "default",
          type: "EC2",
          lifetimeSeconds: 3600,
          waitTimeoutSeconds: 100,
          maxRunners: 50,
          ec2: {
            architecture: "x86_64",
            instanceTypes: ["m7i.large"],
            market: "spot",
            diskGiB: 40,
            privileged: false,
          },
        },
      },
      longestLifetimeSeconds: { LAMBDA: 900, EC2: 9000 },
      allowedInstanceTypes: { arm64: ["m7g.large", "c7g.large"], x86_64: ["m7i.large"] },
      home: { region: "eu-west-1", account: "111122223333" },
    });
  });

  it("keeps a default runner, and takes the lifetime for the longest where none is said", () => {
    const settings = parseRoutingSettings({
      ...ENV,
      DEFAULT_RUNNER_ARN: "arn:x",
      EC2_MAX_LIFETIME_SECONDS: "",
    });
    expect(settings).toMatchObject({ defaultRunnerArn: "arn:x", longestLifetimeSeconds: { EC2: 3600 } });
  });

  const needed = ROUTING_VARIABLES.filter((name) => !name.startsWith("INSTANCE_TYPES"));
  it.each(needed)("names %s when it is missing or wrong", (name) => {
    for (const value of [undefined, "", "x", "-1", "1.5"]) {
      expect(() => parseRoutingSettings({ ...ENV, [name]: value })).toThrow(name);
    }
  });
});
