import { readFileSync } from "node:fs";
import { join } from "node:path";
import { AUTOSCALER, DeploymentDouble } from "./testing/deployment-double";

const ENV = {
  AWS_ACCESS_KEY_ID: "AKIA",
  AWS_SECRET_ACCESS_KEY: "s",
  AWS_SESSION_TOKEN: "t",
  AWS_REGION: "eu-west-1",
};

it("--version is that of the package", async () => {
  const { version } = JSON.parse(readFileSync(join(__dirname, "../package.json"), "utf8"));
  expect(await new DeploymentDouble().run(["--version"])).toMatchObject({ exitCode: 0, out: version });
});

it.each([
  ["before", ["--profile", "other", "--region", "us-east-2", "status"]],
  ["after", ["status", "--region", "us-east-2", "--profile", "other"]],
])(
  "takes profile and region %s the command; the profile goes before keys of the environment",
  async (_, argv) => {
    const on = new DeploymentDouble();
    Object.assign(on.env, ENV);
    let atFirstCall: unknown;
    on.before = () => {
      atFirstCall ??= { ...on.env };
    };
    await on.run(argv);
    expect(atFirstCall).toEqual({ AWS_PROFILE: "other", AWS_REGION: "us-east-2" });
  },
);

it("leaves the environment alone where neither is given", async () => {
  const on = new DeploymentDouble();
  Object.assign(on.env, ENV);
  await on.run(["status"]);
  expect(on.env).toEqual(ENV);
});

describe("a stack that is not there", () => {
  it("is said with the region, the account and the stacks that are", async () => {
    const { exitCode, err } = await new DeploymentDouble().run(["status", "--stack-name", "nothing"]);
    expect(exitCode).toBe(1);
    expect(err).toContain(
      `There is no stack nothing in us-east-1, account 111122223333: give --stack-name ${AUTOSCALER}`,
    );
  });

  it("is to be deployed where there is none of its kind", async () => {
    const on = new DeploymentDouble();
    on.stacks.clear();
    expect((await on.run(["status"])).err).toContain("deploy it, or choose another place with --region");
  });
});

it.each([
  ["Could not resolve credentials using profile: [nobody] in configuration/credentials file(s).", "nobody"],
  ["The config profile nobody could not be found", "nobody"],
])("names the profile when the SDK says %j", async (message, profile) => {
  const on = new DeploymentDouble();
  on.before = () => {
    throw Object.assign(new Error(message), { name: "CredentialsProviderError" });
  };
  expect((await on.run(["status"])).err).toContain(`The AWS profile ${profile} is not there`);
});
