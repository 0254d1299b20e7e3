import { collectorOf } from "./collector";

const of = (endpoint?: string, headers?: string) => () => collectorOf(endpoint, headers);

describe("the collector", () => {
  it("is none without an endpoint, whatever the headers", () => {
    expect([collectorOf(), collectorOf("", "a=b")]).toEqual([undefined, undefined]);
  });

  it.each([
    ["https://otlp.example.com", "https://otlp.example.com/v1/metrics"],
    ["https://otlp.example.com:4318/otlp/", "https://otlp.example.com:4318/otlp/v1/metrics"],
    ["http://127.0.0.1:4318", "http://127.0.0.1:4318/v1/metrics"],
  ])("at %s gets metrics at %s", (endpoint, url) => {
    expect(collectorOf(endpoint)).toEqual({ url, headers: {} });
  });

  it("gets headers as OTEL_EXPORTER_OTLP_HEADERS has them", () => {
    expect(
      collectorOf("https://a.example", " Api-Key = s%2Cx , authorization=Basic%20aDp4== ,")?.headers,
    ).toEqual({
      "api-key": "s,x",
      authorization: "Basic aDp4==",
    });
  });

  it.each([
    ["otlp.example.com", "OtlpEndpoint is not a valid URL"],
    ["http://otlp.example.com", "OtlpEndpoint must begin with https://"],
    ["https://canary@otlp.example.com", "must not hold a user"],
    ["https://otlp.example.com?key=canary", "headers go into OtlpHeaders"],
  ])("F-72: is refused at %s, without the value", (endpoint, why) => {
    expect(of(endpoint)).toThrow(why);
    expect(of(endpoint)).not.toThrow("canary");
  });

  it.each(["canary", "=canary", "a b=canary", "a=canary%0d%0aX: y", "a=%zz canary"])(
    "F-72: names a wrong header by its number alone: %s",
    (entry) => {
      expect(of("https://a.example", `ok=1,${entry}`)).toThrow("OtlpHeaders: entry 2 is not name=value");
      expect(of("https://a.example", `ok=1,${entry}`)).not.toThrow("canary");
    },
  );
});
