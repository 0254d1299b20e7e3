import type { Context } from "../context";
import { awsDefaults } from "./aws-home";

const FILES: Readonly<Record<string, string>> = {
  "/home/me/.aws/config": [
    "[default]",
    "region = eu-west-1",
    "[profile work]",
    "output = json",
    "region=ca-central-1 ",
    "[sso-session company]",
    "sso_region = us-east-1",
  ].join("\n"),
  "/home/me/.aws/credentials": "[default]\naws_access_key_id = x\n[old]\naws_access_key_id = y\n",
};

const defaultsFor = (env: Record<string, string>, files = FILES) => {
  const readFile = (path: string): Uint8Array => {
    const text = files[path];
    if (text === undefined) throw new Error(`ENOENT ${path}`);
    return Buffer.from(text);
  };
  return awsDefaults({ env: { HOME: "/home/me", ...env }, readFile } as unknown as Context);
};

describe("what the AWS environment suggests", () => {
  it("names each profile once, and no session", () => {
    expect(defaultsFor({}).profiles).toEqual(["default", "work", "old"]);
  });

  it.each([{ AWS_PROFILE: "work" }, { AWS_ACCESS_KEY_ID: "AKIA" }])("leaves no choice with %j", (env) => {
    expect(defaultsFor(env).profiles).toEqual([]);
  });

  it.each([
    [{}, undefined, "eu-west-1"],
    [{}, "work", "ca-central-1"],
    [{}, "old", undefined],
    [{ AWS_PROFILE: "work" }, undefined, "ca-central-1"],
    [{ AWS_REGION: "eu-north-1" }, "work", "eu-north-1"],
    [{ AWS_DEFAULT_REGION: "eu-north-1" }, undefined, "eu-north-1"],
  ])("with %j and the profile %s the region is %s", (env, profile, region) => {
    expect(defaultsFor(env as Record<string, string>).regionOf(profile)).toBe(region);
  });

  it("knows nothing where AWS is not configured", () => {
    const { profiles, regionOf } = defaultsFor({}, {});
    expect([profiles, regionOf(undefined)]).toEqual([[], undefined]);
  });
});
