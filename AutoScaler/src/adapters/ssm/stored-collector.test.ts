import { GetParametersCommand, SSMClient } from "@aws-sdk/client-ssm";
import { mockClient } from "aws-sdk-client-mock";
import { fakeClock } from "../../testing/fakes";
import { storedCollector } from "./stored-collector";

const prepare = (stored: Readonly<Record<string, string>>) => {
  const client = new SSMClient({ region: "eu-west-1" });
  const mock = mockClient(client);
  mock
    .on(GetParametersCommand, { WithDecryption: true })
    .callsFake(async ({ Names }: { readonly Names: readonly string[] }) => ({
      Parameters: Names.flatMap((Name) => (stored[Name] ? [{ Name, Value: stored[Name] }] : [])),
    }));
  const clock = fakeClock();
  return { find: storedCollector("/glr", clock, client), reads: () => mock.calls().length, clock };
};

describe("the collector of a function without other configuration", () => {
  it("is read once in ten minutes, also where there is none", async () => {
    const { find, reads, clock } = prepare({});
    expect([await find(), await find()]).toEqual([undefined, undefined]);
    clock.advance(599_999);
    await find();
    expect(reads()).toBe(1);
    clock.advance(1);
    await find();
    expect(reads()).toBe(2);
  });

  it("I-33: is read anew after the clock was set back", async () => {
    const { find, reads, clock } = prepare({ "/glr/OtlpEndpoint": "https://otlp.example.com\n" });
    expect(await find()).toEqual({ url: "https://otlp.example.com/v1/metrics", headers: {} });
    clock.advance(-1);
    await find();
    expect(reads()).toBe(2);
  });

  it("has the headers of its own parameter", async () => {
    const { find } = prepare({ "/glr/OtlpEndpoint": "https://a.example", "/glr/OtlpHeaders": "a=b" });
    expect(await find()).toMatchObject({ headers: { a: "b" } });
  });
});
