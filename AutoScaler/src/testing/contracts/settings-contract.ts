import type { RunnerFunctions, Settings } from "../../ports";

export interface SettingsUnderTest {
  readonly settings: Settings;
  turn(to: "on" | "off"): void;
}

/** What every switch for new starts does. */
export const settingsContract = (prepare: () => SettingsUnderTest): void => {
  it.each(["on", "off"] as const)("F-57: tells that starts are %s", async (to) => {
    const { settings, turn } = prepare();
    turn(to);
    expect(await settings.startsAreOn()).toBe(to === "on");
  });
};

export interface FunctionsUnderTest {
  readonly functions: RunnerFunctions;
  /** Makes a runner function of this deployment. */
  add(arn: string, isIsolated: boolean): void;
}

/** What everything that reads runner functions' tags does. */
export const runnerFunctionsContract = (prepare: () => FunctionsUnderTest): void => {
  const arn = "arn:aws:lambda:eu-west-1:123456789012:function:runner-";

  it("I-29: tells which runner functions isolate tenants", async () => {
    const { functions, add } = prepare();
    add(`${arn}a`, true);
    add(`${arn}b`, false);
    expect(await functions.isTenantIsolated(`${arn}a`)).toBe(true);
    expect(await functions.isTenantIsolated(`${arn}b`)).toBe(false);
  });

  it("T-17: refuses a function that is none of our runner functions", async () => {
    const { functions } = prepare();
    await expect(functions.isTenantIsolated(`${arn}other`)).rejects.toMatchObject({
      name: "ConfigurationError",
      message: expect.stringContaining(`${arn}other`),
    });
  });
};
