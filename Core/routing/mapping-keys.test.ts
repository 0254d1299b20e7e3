import fc from "fast-check";
import {
  fitsPartitionKey,
  fitsSortKey,
  jobKey,
  parseJobKey,
  parseTagsKey,
  projectJobKey,
  tagSet,
  tagsKey,
  withoutParallelSuffix,
} from "./mapping-keys";

/** Any string that JavaScript can hold, lone halves of surrogate pairs and separators among them. */
const anyText = fc.oneof(
  fc.string({ unit: "binary", maxLength: 40 }),
  fc.string({
    unit: fc.constantFrom(
      "#",
      "%",
      "2",
      "3",
      "5",
      "*",
      "a",
      "A",
      "u",
      "D",
      "8",
      "0",
      "\ud83d",
      "\ude00",
      "é",
      "e\u0301",
    ),
    maxLength: 12,
  }),
);
const anyName = anyText.filter((name) => name !== "");
const anyTags = fc.array(anyText, { maxLength: 8 });
const anyProject = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER });

describe("mapping keys", () => {
  it.each([
    ["build", "job#build"],
    ["build and test: x/y", "job#build and test: x/y"],
    ["a#b", "job#a%23b"],
    ["100%", "job#100%25"],
    ["job#x", "job#job%23x"],
    ["#", "job#%23"],
    ["*", "job#%2A"],
    ["**", "job#**"],
    ["\ud800", "job#%uD800"],
    ["🚀", "job#🚀"],
  ])("F-61 F-62: name %j gets the key %s", (name, key) => {
    expect(jobKey(name)).toBe(key);
    expect(projectJobKey(7, name)).toBe(`project#7#${key}`);
  });

  it.each([
    [[], "tags#"],
    [["b", "a"], "tags#a#b"],
    [["a", "a", ""], "tags#a"],
    [["a#b"], "tags#a%23b"],
    [["a,b"], "tags#a,b"],
  ])("F-71: tags %j get the key %s", (tags, key) => {
    expect(tagsKey(tags)).toBe(key);
  });

  it("I-28: names and projects come back from their key", () => {
    fc.assert(
      fc.property(anyName, anyProject, (name, projectId) => {
        expect(parseJobKey(jobKey(name))).toEqual({ name });
        expect(parseJobKey(projectJobKey(projectId, name))).toEqual({ projectId, name });
      }),
      { numRuns: 1_000 },
    );
  });

  it("I-28: tags come back from their key, as a set", () => {
    fc.assert(
      fc.property(anyTags, (tags) => {
        expect(parseTagsKey(tagsKey(tags))).toEqual(tagSet(tags));
      }),
      { numRuns: 1_000 },
    );
  });

  it("I-28: two names share a key only when they are the same, in UTF-8 too", () => {
    fc.assert(
      fc.property(anyName, anyName, anyProject, (a, b, projectId) => {
        const stored = [jobKey(a), jobKey(b), projectJobKey(projectId, a)].map((key) =>
          Buffer.from(key).toString("hex"),
        );
        expect(stored[0] === stored[1]).toBe(a === b);
        expect(stored).not.toContain(Buffer.from("job#*").toString("hex"));
        expect(stored[2]).not.toBe(stored[1]);
      }),
      { numRuns: 1_000 },
    );
  });

  it("I-28: two tag lists share a key only when they are the same set, in UTF-8 too", () => {
    fc.assert(
      fc.property(anyTags, anyTags, (a, b) => {
        const isSame = JSON.stringify(tagSet(a)) === JSON.stringify(tagSet(b));
        expect(Buffer.from(tagsKey(a)).equals(Buffer.from(tagsKey(b)))).toBe(isSame);
      }),
      { numRuns: 1_000 },
    );
  });

  it("I-28: order and repeats of tags change nothing", () => {
    const shuffled = anyTags.chain((tags) =>
      fc.tuple(fc.constant(tags), fc.shuffledSubarray([...tags, ...tags], { minLength: 2 * tags.length })),
    );
    fc.assert(
      fc.property(shuffled, ([tags, again]) => {
        expect(tagsKey(again)).toBe(tagsKey(tags));
      }),
    );
  });

  it("I-28: letters that only look alike stay two", () => {
    expect(jobKey("caf\u00e9")).not.toBe(jobKey("cafe\u0301"));
    expect(tagsKey(["\u00e9"])).not.toBe(tagsKey(["e\u0301"]));
  });

  it.each([255, 2_044])("F-63: a name of %i bytes is kept as it is", (length) => {
    expect(jobKey("n".repeat(length))).toBe(`job#${"n".repeat(length)}`);
  });

  it("F-63: keys never exceed DynamoDB's limits, and long ones stay apart", () => {
    const long = (end: string) => `${"ä".repeat(1_100)}${end}`;
    expect(jobKey(long("1"))).toMatch(/^job-sha256#[0-9a-f]{64}$/);
    expect(projectJobKey(5, long("1"))).toMatch(/^project#5#job-sha256#[0-9a-f]{64}$/);
    expect(jobKey(long("1"))).not.toBe(jobKey(long("2")));
    expect([fitsPartitionKey(jobKey(long("1"))), fitsPartitionKey(jobKey("x"))]).toEqual([false, true]);
    expect([
      fitsPartitionKey(projectJobKey(5, long("1"))),
      fitsPartitionKey(projectJobKey(5, "sha256")),
    ]).toEqual([false, true]);
  });

  it("F-71: a hundred tags get a digest that no plain tags get", () => {
    const many = Array.from({ length: 100 }, (_, index) => `a-rather-long-tag-${index}`);
    const key = tagsKey(many);
    expect(key).toMatch(/^tags-sha256#[0-9a-f]{64}$/);
    expect(tagsKey([...many].reverse())).toBe(key);
    expect(tagsKey(["sha256", key.slice(-64)])).not.toBe(key);
    expect([fitsSortKey(key), fitsSortKey("tags#a"), parseTagsKey(key)]).toEqual([false, true, undefined]);
  });

  it("reads keys that people wrote by hand", () => {
    expect(parseJobKey("job#100%")).toEqual({ name: "100%" });
    expect(parseJobKey("job#*")).toEqual({});
    expect(parseTagsKey("tags#b#a#b")).toEqual(["a", "b"]);
    expect(parseTagsKey("tags")).toEqual([]);
  });

  it.each(["class#x", "job", "jobs#x", "project#0#job#x", "project#x#job#y", "job#a#b", "mapping", ""])(
    "does not take %j for a job row's key",
    (pk) => {
      expect(parseJobKey(pk)).toBeUndefined();
    },
  );

  it.each([
    ["test 1/3", "test"],
    ["test 10/12", "test"],
    ["unit tests 2/2", "unit tests"],
    ["test: [linux, arm64]", "test"],
    ["test: [a: [b]]", "test"],
    ["build: x: [y]", "build: x"],
    ["test", undefined],
    ["test 1", undefined],
    ["1/3", undefined],
    [" 1/3", undefined],
    [": [a]", undefined],
    ["test 1/3 x", undefined],
    ["test [a]", undefined],
    ["", undefined],
  ])("takes the parallel part off %j: %j", (name, base) => {
    expect(withoutParallelSuffix(name)).toBe(base);
  });

  it("F-66: takes a megabyte of brackets in its stride", () => {
    const startedAt = performance.now();
    withoutParallelSuffix(": [".repeat(350_000));
    withoutParallelSuffix(" 1/3".repeat(250_000));
    // One pass takes some milliseconds; a pattern that goes back over each bracket would take minutes.
    expect(performance.now() - startedAt).toBeLessThan(200);
  });
});
