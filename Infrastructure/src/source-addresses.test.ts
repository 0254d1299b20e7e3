import { sourceAddressCheck } from "./source-addresses";

const from = (sourceIp: unknown) => ({ requestContext: { http: { sourceIp } } });

describe("sourceAddressCheck", () => {
  it("lets every address in without a list", () => {
    for (const event of [from("203.0.113.9"), from(undefined), {}, null])
      expect(sourceAddressCheck("")(event)).toBe(true);
  });

  it.each([
    ["34.74.90.64/28", "34.74.90.64", true],
    ["34.74.90.64/28", "34.74.90.79", true],
    ["34.74.90.64/28", "34.74.90.80", false],
    ["34.74.90.64/28, 198.51.100.7/32", "198.51.100.7", true],
    ["0.0.0.0/0", "203.0.113.9", true],
    ["0.0.0.0/0", "2001:db8::1", false],
    ["2001:db8::/32", "2001:db8:1::1", true],
    ["2001:db8::/32", "2001:db9::1", false],
    ["34.74.90.64/28", "::ffff:34.74.90.65", true],
  ])("T-20: %s and %s: %s", (list, address, isAllowed) => {
    expect(sourceAddressCheck(list)(from(address))).toBe(isAllowed);
  });

  it.each([from("x"), from(""), from(7), from(["34.74.90.65"]), {}, null, { requestContext: null }])(
    "I-10 F-68: refuses the odd event %j where there is a list",
    (event) => {
      expect(sourceAddressCheck("34.74.90.64/28")(event)).toBe(false);
    },
  );

  it.each([
    "34.74.90.64",
    "34.74.90.64/33",
    "34.74.90/24",
    "2001:db8::/129",
    "gitlab.com/32",
    "/8",
    "1.2.3.4/8,",
  ])("names what is no range in %j", (list) => {
    expect(() => sourceAddressCheck(list)).toThrow(/AllowedSourceAddresses.*34\.74\.90\.64\/28/);
  });
});
