import { wiringOf } from "./wiring";

type Page = Readonly<Record<string, string>>;

/** Parameter Store in pages. */
const storeOf = (...pages: readonly Page[]) => {
  const asked: string[] = [];
  const send = async ({
    input,
  }: {
    readonly input: { readonly Path?: string; readonly NextToken?: string };
  }) => {
    asked.push(input.Path ?? "");
    const at = Number(input.NextToken ?? "0");
    const Parameters = Object.entries(pages[at] ?? {}).map(([Name, Value]) => ({ Name, Value }));
    return { Parameters, ...(at + 1 < pages.length ? { NextToken: String(at + 1) } : {}) };
  };
  return { client: { send } as never, asked };
};

const wiring = (...pages: readonly Page[]): Promise<string> => wiringOf(storeOf(...pages).client, "/path");

describe("the wiring", () => {
  it("is a hash of all that Infrastructure publishes, on every page and in any order", async () => {
    const whole = await wiring({ a: "1", b: "2" });
    expect(whole).toMatch(/^[0-9a-f]{16}$/);
    expect(await wiring({ b: "2" }, { a: "1" })).toBe(whole);
  });

  it.each([
    ["a value", { a: "1", b: "3" }],
    ["a name", { a: "1", c: "2" }],
    ["a further one", { a: "1", b: "2", c: "" }],
    ["where one value ends", { a: "1b2" }],
  ])("is another with another %s", async (_, other) => {
    expect(await wiring(other as Page)).not.toBe(await wiring({ a: "1", b: "2" }));
  });

  it("reads below the configuration path of the deployment alone", async () => {
    const { client, asked } = storeOf({});
    await wiringOf(client, "/second/runners");
    expect(asked).toEqual(["/second/runners/infrastructure"]);
  });
});
