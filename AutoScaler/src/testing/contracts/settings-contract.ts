import type { RunnerFunctions, Settings } from "../../ports";

export interface SettingsUnderTest {
  readonly settings: Settings;
  turn(to: "on" | "off"): void | Promise<void>;
}

/** The contract of every switch for new starts. */
export const settingsContract = (prepare: () => SettingsUnderTest | Promise<SettingsUnderTest>): void => {
  it.each(["on", "off"] as const)("F-57: reads that starts are %s", async (to) => {
    const { settings, turn } = await prepare();
    await turn(to);
    expect(await settings.startsAreOn()).toBe(to === "on");
  });
};

export interface FunctionsUnderTest {
  readonly functions: RunnerFunctions;
  /** Creates a runner function of this deployment. */
  add(arn: string, isIsolated: boolean): void | Promise<void>;
}

/** The contract of every reader of runner functions' tags. */
export const runnerFunctionsContract = (prepare: () => FunctionsUnderTest): void => {
  const arn = "arn:aws:lambda:eu-west-1:123456789012:function:runner-";

  it("I-29: reads which runner functions isolate tenants", async () => {
    const { functions, add } = prepare();
    await add(`${arn}a`, true);
    await add(`${arn}b`, false);
    expect(await functions.isTenantIsolated(`${arn}a`)).toBe(true);
    expect(await functions.isTenantIsolated(`${arn}b`)).toBe(false);
  });

  it("T-17: refuses a function that is not one of our runner functions", async () => {
    const { functions } = prepare();
    await expect(functions.isTenantIsolated(`${arn}other`)).rejects.toMatchObject({
      name: "ConfigurationError",
      message: expect.stringContaining(`${arn}other`),
    });
  });
};
