import crypto from "node:crypto";
import fc from "fast-check";
import { isWebhookToken, webhookToken } from "./webhook-secret";

const SECRETS = { current: "now-5up3r", previous: "before-5up3r" };
const request = (token: unknown) => ({ version: "2.0", headers: { "x-gitlab-token": token } });

/** What an event may hold where a header is expected. */
const anything = fc.oneof(
  fc.anything(),
  fc.string({ unit: "binary" }),
  fc.constantFrom(...Object.values(SECRETS)),
  fc.array(fc.constantFrom(...Object.values(SECRETS))),
);
const anyEvent = fc.oneof(
  anything,
  fc.record({ headers: anything }),
  anything.map(request),
  anything.map((token) => ({ ...request(token), body: "x", rawQueryString: SECRETS.current })),
);

const ownValue = (event: unknown): unknown => {
  const headers = (event as { headers?: unknown } | null | undefined)?.headers;
  const isOwn = typeof headers === "object" && headers !== null && Object.hasOwn(headers, "x-gitlab-token");
  return isOwn ? (headers as Record<string, unknown>)["x-gitlab-token"] : undefined;
};

describe("isWebhookToken", () => {
  it("T-1 I-9 I-10: lets in exactly the events whose header is one of the current secrets", () => {
    let allowed = 0;
    fc.assert(
      fc.property(anyEvent, (event) => {
        const value = ownValue(event);
        const expected = value === SECRETS.current || value === SECRETS.previous;
        allowed += Number(expected);
        return isWebhookToken(webhookToken(event), SECRETS) === expected;
      }),
      { numRuns: 2_000 },
    );
    // So many events had a right header; without any, the property would hold for what refuses all.
    expect(allowed).toBeGreaterThan(50);
  });

  it("I-10: lets nobody in while no secret, or an empty one, is stored", () => {
    const secrets = fc.constantFrom({}, { current: "" }, { current: "", previous: "" });
    fc.assert(
      fc.property(
        fc.oneof(fc.string(), fc.constant("")),
        secrets,
        (token, none) => !isWebhookToken(token, none),
      ),
    );
  });

  it.each([
    ["another case of the name", { headers: { "X-Gitlab-Token": SECRETS.current } }],
    ["sent twice, joined by a comma", request(`${SECRETS.current},${SECRETS.current}`)],
    ["a list", request([SECRETS.current])],
    ["another case of the value", request(SECRETS.current.toUpperCase())],
    ["a space behind it", request(`${SECRETS.current} `)],
    ["a space before it", request(` ${SECRETS.current}`)],
    ["a NUL behind it", request(`${SECRETS.current}\0`)],
    ["its beginning", request(SECRETS.current.slice(0, -1))],
    ["8 kB of it", request(SECRETS.current.repeat(1_000))],
    ["emoji", request("🔑")],
    ["in the identity source alone", { identitySource: [SECRETS.current], headers: {} }],
    ["inherited, not the event's own", { headers: Object.create({ "x-gitlab-token": SECRETS.current }) }],
  ])("F-76 I-10: refuses the token %s", (_, event) => {
    expect(isWebhookToken(webhookToken(event), SECRETS)).toBe(false);
  });

  it("T-3: compares two digests of one length for every input, whatever is stored", () => {
    const lengths: number[][] = [];
    const compare = jest.spyOn(crypto, "timingSafeEqual").mockImplementation((one, other) => {
      lengths.push([one.byteLength, other.byteLength]);
      return Buffer.compare(one as Buffer, other as Buffer) === 0;
    });
    const token = fc.string({ minLength: 1, maxLength: 300 });
    const secrets = fc.record({ current: fc.string(), previous: fc.string() }, { requiredKeys: [] });
    fc.assert(
      fc.property(token, secrets, (sent, stored) => {
        lengths.length = 0;
        isWebhookToken(sent, stored);
        expect(lengths).toEqual([
          [32, 32],
          [32, 32],
        ]);
      }),
    );
    compare.mockRestore();
  });
});
