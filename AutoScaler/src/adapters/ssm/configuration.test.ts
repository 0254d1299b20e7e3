import { GetParametersCommand, SSMClient } from "@aws-sdk/client-ssm";
import { mockClient } from "aws-sdk-client-mock";
import { settingsContract } from "../../testing/contracts/settings-contract";
import { fakeClock } from "../../testing/fakes";
import { ssmConfiguration } from "./configuration";

const URL = "https://gitlab.example.com";
const FULL = { Url: URL, AccessToken: "glpat-canary", RegistrationToken: "GR13-canary", Starts: "on" };

const prepare = (values: Record<string, string> = FULL, options: object = {}) => {
  const stored: Record<string, string> = { ...values };
  const calls: (readonly string[])[] = [];
  const failures: Error[] = [];
  const client = new SSMClient({ region: "eu-west-1" });
  const mock = mockClient(client);
  mock.onAnyCommand().rejects(new Error("Unplanned call"));
  mock
    .on(GetParametersCommand, { WithDecryption: true })
    .callsFake(async ({ Names }: { readonly Names: readonly string[] }) => {
      calls.push(Names);
      const failure = failures.shift();
      if (failure !== undefined) throw failure;
      const found = Names.map((Name) => ({ Name, Value: stored[Name.replace("/glr/", "")] }));
      return { Parameters: found.filter(({ Value }) => Value !== undefined) };
    });
  const clock = fakeClock();
  const configuration = ssmConfiguration(client, {
    path: "/glr",
    deploymentId: "runners",
    busName: "runners",
    readsStarts: true,
    clock,
    random: () => 0.5,
    ...options,
  });
  return { stored, failures, clock, configuration, reads: () => calls };
};

describe("ssmConfiguration", () => {
  settingsContract(() => {
    const { configuration, stored } = prepare();
    return {
      settings: configuration,
      turn: (to) => {
        stored.Starts = to;
      },
    };
  });

  it("takes the access token before the registration token", async () => {
    expect(await prepare().configuration.access()).toEqual({
      mode: "verified",
      url: URL,
      token: "glpat-canary",
    });
    const { AccessToken: _, ...legacy } = FULL;
    expect(await prepare(legacy).configuration.access()).toEqual({
      mode: "payload",
      url: URL,
      token: "GR13-canary",
    });
  });

  it("F-21: reads all in one call a minute, however many ask at once", async () => {
    const { configuration, reads, clock } = prepare();
    await Promise.all([configuration.access(), configuration.startsAreOn(), configuration.access()]);
    clock.advance(59_000);
    await configuration.access();
    const plain = ["Url", "GitLabCaCertificate", "OtlpEndpoint", "Starts"].map((name) => `/glr/${name}`);
    const secret = ["AccessToken", "RegistrationToken", "OtlpHeaders"].map((name) => `/glr/${name}`);
    expect(reads()).toEqual([[...plain, ...secret]]);
    clock.advance(1_000);
    await configuration.access();
    expect(reads()).toEqual([[...plain, ...secret], plain]);
  });

  it("F-22: has secrets decrypted once in five minutes, and at once where GitLab refuses one", async () => {
    const { configuration, reads, clock, stored } = prepare();
    const decrypted = () => reads().filter((names) => names.includes("/glr/AccessToken")).length;
    for (let minute = 0; minute < 5; minute += 1) {
      expect(await configuration.access()).toMatchObject({ token: "glpat-canary" });
      clock.advance(60_000);
    }
    expect([reads().length, decrypted()]).toEqual([5, 1]);
    stored.AccessToken = "glpat-new";
    expect(await configuration.access()).toMatchObject({ token: "glpat-new" });
    expect(decrypted()).toBe(2);
    await configuration.refresh();
    expect(decrypted()).toBe(3);
  });

  it("asks for no parameter that the function may not read", async () => {
    const { configuration, reads } = prepare(FULL, { readsStarts: false });
    await configuration.access();
    expect(reads()[0]).not.toContain("/glr/Starts");
  });

  it("F-22: reads anew when asked to, whatever it has kept", async () => {
    const { configuration, stored } = prepare();
    await configuration.access();
    stored.AccessToken = "glpat-new";
    expect(await configuration.access()).toMatchObject({ token: "glpat-canary" });
    expect(await configuration.refresh()).toMatchObject({ token: "glpat-new" });
    expect(await configuration.access()).toMatchObject({ token: "glpat-new" });
  });

  it("F-57: takes a missing switch for on, and a switch turned off within a minute", async () => {
    const { Starts: _, ...none } = FULL;
    const { configuration, stored, clock } = prepare(none);
    expect(await configuration.startsAreOn()).toBe(true);
    stored.Starts = "OFF\n";
    clock.advance(60_000);
    expect(await configuration.startsAreOn()).toBe(false);
  });

  it("F-57: starts nothing on a switch that is neither on nor off", async () => {
    const { configuration } = prepare({ ...FULL, Starts: "false" });
    await expect(configuration.startsAreOn()).rejects.toMatchObject({
      name: "ConfigurationError",
      message: expect.stringContaining("/glr/Starts"),
    });
  });

  it.each([
    [
      { AccessToken: "glpat-canary" },
      "/glr/Url is missing: make it with: aws ssm put-parameter --name /glr/Url",
    ],
    [{ Url: URL }, "/glr/AccessToken is missing: make it with: aws ssm put-parameter"],
    [{ Url: URL, AccessToken: " \n" }, "/glr/AccessToken is missing"],
    [
      { Url: "http://gitlab.example.com", AccessToken: "glpat-canary" },
      "/glr/Url: Url must begin with https://",
    ],
    [{ Url: "https://169.254.169.254", AccessToken: "glpat-canary" }, "/glr/Url: Url must name a host"],
    [{ Url: URL, AccessToken: "glpat-canary\nX-Evil: 1" }, "/glr/AccessToken has a character"],
  ])("F-22 F-72: says of %j what to do, by the parameter's full name", async (values, message) => {
    const error: unknown = await prepare(values)
      .configuration.access()
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ name: "ConfigurationError", message: expect.stringContaining(message) });
    expect(String(error)).not.toContain("canary");
  });

  const CA = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----";

  it("takes the certificate of a private authority along, and refuses what is none", async () => {
    const { configuration } = prepare({ ...FULL, GitLabCaCertificate: `${CA}\n` });
    expect(await configuration.access()).toMatchObject({ token: "glpat-canary", caCertificate: CA });
    const wrong = prepare({ ...FULL, GitLabCaCertificate: "AAAA" }).configuration;
    await expect(wrong.access()).rejects.toMatchObject({
      name: "ConfigurationError",
      message: expect.stringContaining("/glr/GitLabCaCertificate"),
    });
  });

  it("leaves off the line end of a value that was stored from a file", async () => {
    const { configuration } = prepare({ ...FULL, Url: `${URL}/\n`, AccessToken: "glpat-canary\r\n" });
    expect(await configuration.access()).toEqual({ mode: "verified", url: URL, token: "glpat-canary" });
  });

  const failure = (name: string): Error => Object.assign(new Error(), { name });

  it("F-21: goes on for nine seconds while an account's other functions use up its reads", async () => {
    const { configuration, failures, clock } = prepare();
    failures.push(...Array<Error>(5).fill(failure("ThrottlingException")));
    const begun = clock.now();
    expect(await configuration.access()).toMatchObject({ token: "glpat-canary" });
    // Half of each pause, as `random` says: 0.8 s, and four times 1.6.
    expect(clock.now() - begun).toBe(7_200);
  });

  it("F-21: gives a throttle up when the function's time would be over, and asks again the next time", async () => {
    const { configuration, failures, clock } = prepare();
    failures.push(...Array<Error>(40).fill(failure("ThrottlingException")));
    const begun = clock.now();
    await expect(configuration.access()).rejects.toMatchObject({ name: "TransientError" });
    // Nine seconds, and the pause that began in them: with a read of four, a function of fifteen has time for it.
    expect(clock.now() - begun).toBe(10_400);
    failures.length = 0;
    expect(await configuration.access()).toMatchObject({ token: "glpat-canary" });
  });

  it.each([
    ["InternalServerError", "TransientError", 3],
    ["AccessDeniedException", "ConfigurationError", 1],
  ])("I-25: of %s it tells a %s after %d reads", async (name, told, tries) => {
    const { configuration, failures, reads } = prepare();
    failures.push(...Array<Error>(5).fill(failure(name)));
    await expect(configuration.access()).rejects.toMatchObject({ name: told });
    expect(reads()).toHaveLength(tries);
  });

  it("T-26: refuses a path and a bus that are of two deployments, and names all", () => {
    expect(() => prepare(FULL, { busName: "others" })).toThrow(
      expect.objectContaining({
        name: "ConfigurationError",
        message: expect.stringMatching(/others.*\/glr.*runners/),
      }),
    );
  });

  it("reads which function LambdaShellRunner published, where it may, in the same call", async () => {
    const values = { ...FULL, "lambda-shell-runner/function-arn": "arn:aws:lambda:eu-west-1:1:function:r" };
    const { configuration, reads } = prepare(values, { readsRunner: true });
    await configuration.access();
    expect(await configuration.publishedRunnerArn()).toBe("arn:aws:lambda:eu-west-1:1:function:r");
    expect(reads()).toHaveLength(1);
    expect(await prepare(FULL, { readsRunner: true }).configuration.publishedRunnerArn()).toBeUndefined();
  });

  it("says where metrics are sent, by what was read anyway, and reads nothing for it", async () => {
    const values = { ...FULL, OtlpEndpoint: "https://otlp.example.com/", OtlpHeaders: "Api-Key=a%20b" };
    const { configuration, reads } = prepare(values);
    expect(await configuration.collector()).toBeUndefined();
    expect(reads()).toEqual([]);
    await configuration.access();
    expect(await configuration.collector()).toEqual({
      url: "https://otlp.example.com/v1/metrics",
      headers: { "api-key": "a b" },
    });
    expect(reads()).toHaveLength(1);
    const none = prepare().configuration;
    await none.access();
    expect(await none.collector()).toBeUndefined();
  });

  it("I-33: reads anew after the clock was set back", async () => {
    const { configuration, clock, reads } = prepare();
    await configuration.access();
    clock.advance(-600_000);
    await configuration.access();
    expect(reads()).toHaveLength(2);
  });
});
