import crypto, { createHash } from "node:crypto";
import fc from "fast-check";
import { signingKey } from "../../Core/gitlab/webhook-signature";
import { isSigned, isTimely, type SignedHead, type SigningKeys, signedHead } from "./webhook-signature";

/*
 * Each signature was computed by OpenSSL, apart from the code under test, from the text of the specification:
 *
 *   printf '%s' 'ID.TIMESTAMP.BODY' | openssl dgst -sha256 -mac HMAC -macopt hexkey:KEY -binary | base64
 *
 * where KEY is what follows whsec_, decoded from base64 and written in hexadecimal.
 */
const VECTORS = [
  {
    name: "a job event",
    id: "5b6f1f0e-2c1d-4c7e-9a41-9d1f3a7f2b10",
    timestamp: "1795608000",
    body: '{"object_kind":"build","build_id":12,"build_name":"unit tests","build_status":"pending","project_id":7}',
    key: "whsec_CzBVep/E6Q4zWH2ix+wRNluApcrvFDleg6jN8hc8YYY=",
    signature: "v1,voF8n6XhcWBIMVu5Vx/vhUFOAGdOKT7XU95JBKrgLug=",
  },
  {
    name: "an empty body",
    id: "msg_empty",
    timestamp: "1795608000",
    body: "",
    key: "whsec_BWC7FnHMJ4LdOJPuSaT/WrUQa8YhfNcy",
    signature: "v1,SPvzwI5Rg6w87pWwjRW0Ialaest7BTvrzpdJJTSOvec=",
  },
  {
    name: "letters beyond ASCII, and a line end",
    id: "msg_letters",
    timestamp: "1795608001",
    body: '{"build_name":"Prüfung 🔑"}\r\n',
    key: "whsec_AzhtotcMQXar4BVKf7TpHlOIvfInXJHG+zBlms8EOW6j2A1Cd6zhFkuAteofVIm+8yhdksf8MWab0AU6b6TZDg==",
    signature: "v1,9TupiWGKD5ZpR9li3zBWgDo5x2tomDTL2aKXyOAc02E=",
  },
  {
    name: "dots in the body",
    id: "msg_dots",
    timestamp: "1795608002",
    body: '{"a":"1795608002.{}"}',
    key: "whsec_CzBVep/E6Q4zWH2ix+wRNluApcrvFDleg6jN8hc8YYY=",
    signature: "v1,Sdqoq6lyTnkt3QG5LHxriP62bxPuaXMQT4kNWPSwugY=",
  },
  {
    name: "the example that the specification's libraries share",
    id: "msg_p5jXN8AQM9LWM0D4loKWxJek",
    timestamp: "1614265330",
    body: '{"test": 2432232314}',
    key: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    signature: "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
  },
] as const;

const first = VECTORS[0];
const key = (text: string): Buffer => {
  const bytes = signingKey(text);
  if (bytes === undefined) throw new Error("The vector's key is no key");
  return bytes;
};
const headOf = (id: unknown, timestamp: unknown, signature: unknown): SignedHead | undefined => {
  const headers: Record<string, unknown> = {
    "webhook-id": id,
    "webhook-timestamp": timestamp,
    "webhook-signature": signature,
  };
  return signedHead((name) => headers[name]);
};
const whole = (signature: string = first.signature): SignedHead => {
  const head = headOf(first.id, first.timestamp, signature);
  if (head === undefined) throw new Error("The vector has no head");
  return head;
};
const isRight = (head: SignedHead | undefined, body: Buffer, keys: SigningKeys): boolean =>
  head !== undefined && isSigned(head, body, keys);
const BODY = Buffer.from(first.body);
const KEYS = { current: key(first.key) };
const NOW = Number(first.timestamp) * 1_000;

describe("isSigned", () => {
  it.each(VECTORS)("T-2: takes the vector $name", ({ id, timestamp, body, key: text, signature }) => {
    const bytes = Buffer.from(body, "utf8");
    expect(isRight(headOf(id, timestamp, signature), bytes, { current: key(text) })).toBe(true);
    expect(isRight(headOf(id, timestamp, signature), bytes, { previous: key(text) })).toBe(true);
  });

  it("T-2: refuses a request of which one byte of id, timestamp or body is another", () => {
    const bytes = Buffer.from(`${first.id}.${first.timestamp}.${first.body}`);
    const place = fc.nat({ max: bytes.length - 1 });
    const change = fc.integer({ min: 1, max: 255 });
    let wellFormed = 0;
    fc.assert(
      fc.property(place, change, (at, by) => {
        const changed = Buffer.from(bytes);
        changed[at] = (changed[at] ?? 0) ^ by;
        const id = changed.subarray(0, first.id.length).toString("latin1");
        const rest = changed.subarray(first.id.length + 1);
        const timestamp = rest.subarray(0, first.timestamp.length).toString("latin1");
        const isDot = at === first.id.length || at === first.id.length + 1 + first.timestamp.length;
        if (isDot) return true;
        const head = headOf(id, timestamp, first.signature);
        wellFormed += Number(head !== undefined);
        return !isRight(head, rest.subarray(first.timestamp.length + 1), KEYS);
      }),
      { numRuns: 3_000 },
    );
    // So many came as far as the signature; the others are refused for their form.
    expect(wellFormed).toBeGreaterThan(500);
  });

  it("T-2: refuses a signature of which one bit is another, and a key of which one is", () => {
    const right = Buffer.from(first.signature.slice(3), "base64");
    fc.assert(
      fc.property(fc.nat({ max: 255 }), (bit) => {
        const flip = (bytes: Buffer): Buffer => {
          const changed = Buffer.from(bytes);
          changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
          return changed;
        };
        const otherKey = isRight(whole(), BODY, { current: flip(KEYS.current) });
        return !isRight(whole(`v1,${flip(right).toString("base64")}`), BODY, KEYS) && !otherKey;
      }),
    );
  });

  it("T-2: refuses the same JSON in other bytes", () => {
    const again = JSON.stringify(JSON.parse(first.body), undefined, 1);
    expect(isRight(whole(), Buffer.from(again), KEYS)).toBe(false);
    expect(isRight(whole(), Buffer.concat([BODY, Buffer.from("\n")]), KEYS)).toBe(false);
  });

  it("T-2: refuses a request whose parts were moved: no dot may stand in an id", () => {
    expect(headOf(`${first.id}.${first.timestamp}`, "1795000000", first.signature)).toBeUndefined();
  });

  it("takes the right one of several signatures, and passes over those of other versions", () => {
    const wrong = `v1,${createHash("sha256").update("x").digest("base64")}`;
    for (const text of [
      `${wrong} ${first.signature}`,
      `${first.signature} ${wrong}`,
      `v1a,xx ${first.signature}`,
    ])
      expect(isRight(whole(text), BODY, KEYS)).toBe(true);
    expect(isRight(whole(`${wrong} ${wrong}`), BODY, KEYS)).toBe(false);
  });

  it("I-10: refuses everybody while there is no key", () => {
    expect(isRight(whole(), BODY, {})).toBe(false);
  });

  it("T-3: compares with the signatures of two keys, in constant time, whichever are there", () => {
    const lengths: number[] = [];
    const compare = jest.spyOn(crypto, "timingSafeEqual").mockImplementation((one, other) => {
      lengths.push(one.byteLength, other.byteLength);
      return Buffer.compare(one as Buffer, other as Buffer) === 0;
    });
    for (const keys of [{}, KEYS, { previous: KEYS.current }, { ...KEYS, previous: KEYS.current }]) {
      lengths.length = 0;
      isSigned(whole(), BODY, keys);
      expect(lengths).toEqual([32, 32, 32, 32]);
    }
    compare.mockRestore();
  });
});

describe("signedHead", () => {
  const anything = fc.oneof(fc.anything(), fc.string({ unit: "binary" }), fc.constantFrom("", "1", "v1,"));

  it("I-10: never throws, and gives a head of the right form alone", () => {
    fc.assert(
      fc.property(anything, anything, anything, (id, timestamp, signature) => {
        const head = headOf(id, timestamp, signature);
        return head === undefined || (/^\d+$/.test(head.timestamp) && head.signatures.length > 0);
      }),
    );
  });

  it.each([
    ["no id", undefined, first.timestamp, first.signature],
    ["two ids, joined by a comma", `${first.id},${first.id}`, first.timestamp, first.signature],
    ["an empty id", "", first.timestamp, first.signature],
    ["a long id", "a".repeat(129), first.timestamp, first.signature],
    ["no time", first.id, undefined, first.signature],
    ["a time with a sign", first.id, `+${first.timestamp}`, first.signature],
    ["a time with a part", first.id, `${first.timestamp}.0`, first.signature],
    ["a time of zeros before", first.id, `0${first.timestamp}`, first.signature],
    ["a time in another notation", first.id, "1e9", first.signature],
    ["no signature", first.id, first.timestamp, undefined],
    ["a signature of another version", first.id, first.timestamp, first.signature.replace("v1", "v2")],
    ["a signature without version", first.id, first.timestamp, first.signature.slice(3)],
    ["a short signature", first.id, first.timestamp, `${first.signature.slice(0, 40)}=`],
  ])("I-10: knows no request with %s", (_, id, timestamp, signature) => {
    expect(headOf(id, timestamp, signature)).toBeUndefined();
  });
});

describe("isTimely", () => {
  it.each([
    [-300, true],
    [0, true],
    [300, true],
    [-301, false],
    [301, false],
    [86_400, false],
  ])("T-2: at %i seconds from the sender's time: %s", (seconds, timely) => {
    expect(isTimely(whole(), NOW + seconds * 1_000)).toBe(timely);
  });
});
