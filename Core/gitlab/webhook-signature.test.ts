import { signingKey, signingKeyText } from "./webhook-signature";

describe("signingKey", () => {
  const base64 = (length: number): string => Buffer.alloc(length, 7).toString("base64");
  it.each([24, 32, 64])("takes a key of %i bytes", (length) => {
    expect(signingKey(`whsec_${base64(length)}`)).toEqual(Buffer.alloc(length, 7));
    expect(signingKeyText(Buffer.alloc(length, 7))).toBe(`whsec_${base64(length)}`);
  });

  it.each([
    "",
    "whsec_",
    base64(32),
    `whsec_${base64(23)}`,
    `whsec_${base64(65)}`,
    `WHSEC_${base64(32)}`,
    ` whsec_${base64(32)}`,
    `whsec_${"-_".repeat(22)}`,
  ])("I-10: takes %j for no key", (text) => {
    expect(signingKey(text)).toBeUndefined();
  });
});
