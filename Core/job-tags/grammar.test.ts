import fc from "fast-check";
import { isBad } from "../routing/field-checks";
import { parseJobTags, printJobTags, type RequestedRunner } from "./grammar";

const EC2 = ["EC2"];
const ALL = ["LAMBDA", "EC2", "MICROVM"];

describe("a job's tags", () => {
  it.each<readonly [string, readonly string[], object]>([
    ["a function", ["aws:lambda"], { provider: "LAMBDA", possible: ["LAMBDA"] }],
    ["an instance", ["aws:ec2"], { provider: "EC2", possible: EC2 }],
    ["vCPUs", ["aws:cpu=4"], { cpu: 4, possible: EC2 }],
    ["memory in GiB", ["aws:memory=16"], { memory: 16, possible: EC2 }],
    ["an architecture", ["aws:arch=arm64"], { arch: "arm64", possible: EC2 }],
    ["the other one", ["aws:arch=x86_64"], { arch: "x86_64", possible: EC2 }],
    ["no spot", ["aws:spot=false"], { spot: false, possible: EC2 }],
    ["spot", ["aws:spot=true"], { spot: true, possible: EC2 }],
    ["a disk in GiB", ["aws:disk=100"], { disk: 100, possible: EC2 }],
    ["an image by its alias", ["aws:image=gpu-tools_2.1"], { image: "gpu-tools_2.1", possible: EC2 }],
    ["a class", ["aws:class=docker build"], { class: "docker build", possible: ALL }],
    ["a MicroVM", ["aws:microvm"], { provider: "MICROVM", possible: ["MICROVM"] }],
    [
      "a class of functions",
      ["aws:class=a", "aws:lambda"],
      { provider: "LAMBDA", class: "a", possible: ["LAMBDA"] },
    ],
    ["several things", ["aws:cpu=4", "k8s", "aws:ec2"], { provider: "EC2", cpu: 4, possible: EC2 }],
    ["the same thing twice", ["aws:cpu=4", "aws:cpu=4"], { cpu: 4, possible: EC2 }],
  ])("ask for %s", (_, tags, expected) => {
    expect(parseJobTags(tags)).toEqual(expected);
  });

  it.each([[[]], [["docker", "aws", "awsome:cpu=4", "xaws:cpu=4", "aws-lambda"]]])(
    "that are none of ours ask for nothing: %j",
    (tags) => {
      expect(parseJobTags(tags)).toBeUndefined();
    },
  );

  it.each<readonly [readonly string[], RegExp]>([
    [["aws:cpu=four"], /^aws:cpu=four: its value must be a whole number of vCPUs from 1 to 1024$/],
    [["aws:cpu=0"], /whole number of vCPUs/],
    [["aws:cpu=04"], /whole number of vCPUs/],
    [["aws:cpu=4.0"], /whole number of vCPUs/],
    [["aws:cpu=+4"], /whole number of vCPUs/],
    [["aws:cpu=4 "], /whole number of vCPUs/],
    [["aws:cpu=1025"], /whole number of vCPUs/],
    [["aws:cpu="], /whole number of vCPUs/],
    [["aws:cpu"], /whole number of vCPUs/],
    [["aws:memory=16GiB"], /whole number of GiB from 1 to/],
    [["aws:disk=7"], /whole number of GiB from 8 to 16384/],
    [["aws:disk=16385"], /whole number of GiB from 8 to 16384/],
    [["aws:arch=amd64"], /must be arm64 or x86_64/],
    [["aws:spot=no"], /must be true or false/],
    [["aws:image=../x"], /must be an alias/],
    [["aws:class=default"], /what the stack's parameters say/],
    [["aws:class=#"], /letters, digits/],
    [["aws:lambda=yes"], /^aws:lambda=yes: it has no value: write aws:lambda$/],
    [["aws:foo"], /^aws:foo is unknown: known are aws:lambda, aws:ec2, aws:microvm, aws:cpu=, .*aws:class=$/],
    [["aws:"], /is unknown/],
    [["aws:toString=1"], /is unknown/],
    [["AWS:cpu=4"], /is unknown/],
    [["Aws:lambda"], /is unknown/],
    [["aws:CPU=4"], /is unknown/],
    [["aws:lambda", "aws:ec2"], /^aws:lambda and aws:ec2 contradict each other: keep one$/],
    [["aws:cpu=4", "aws:cpu=8"], /^aws:cpu=4 and aws:cpu=8 contradict each other: keep one$/],
    [["aws:lambda", "aws:cpu=4"], /^aws:lambda and aws:cpu=4 contradict each other: keep one$/],
    [["aws:lambda", "aws:spot=false", "aws:class=a"], /aws:lambda and aws:spot=false contradict/],
  ])("that are wrong are a problem with its remedy: %j", (tags, problem) => {
    expect(parseJobTags(tags)).toEqual({ problem: expect.stringMatching(problem) });
  });

  it("of any length make a short sentence", () => {
    const long = `aws:${"x".repeat(250)}`;
    // The ledger keeps 300 characters of a failure's message.
    expect(parseJobTags([long])).toEqual({ problem: expect.stringMatching(/^.{1,300}$/s) });
  });
});

const name = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,20}$/).filter((each) => each !== "default");
const onEc2: fc.Arbitrary<RequestedRunner> = fc.record(
  {
    provider: fc.constant("EC2" as const),
    cpu: fc.integer({ min: 1, max: 1024 }),
    memory: fc.integer({ min: 1, max: 32_768 }),
    arch: fc.constantFrom("arm64" as const, "x86_64" as const),
    spot: fc.boolean(),
    disk: fc.integer({ min: 8, max: 16_384 }),
    image: name,
    class: name,
  },
  { requiredKeys: ["provider"] },
);
const onLambda: fc.Arbitrary<RequestedRunner> = fc.record(
  { provider: fc.constant("LAMBDA" as const), class: name },
  { requiredKeys: ["provider"] },
);
const requests = fc.oneof(onEc2, onLambda);
const others = fc.array(fc.string({ maxLength: 12 }).filter((tag) => !/^aws:/i.test(tag)));

describe("the grammar of tags", () => {
  it("reads what it prints, whatever the order and whatever other tags there are", () => {
    const shuffled = fc.tuple(requests, others).chain(([requested, more]) =>
      fc.tuple(
        fc.constant(requested),
        fc.shuffledSubarray([...printJobTags(requested), ...more], {
          minLength: printJobTags(requested).length + more.length,
        }),
      ),
    );
    fc.assert(
      fc.property(shuffled, ([requested, tags]) => {
        expect(parseJobTags(tags)).toMatchObject(requested);
      }),
    );
  });

  it("says the same of any tags in any order", () => {
    const tag = fc.oneof(
      fc.constantFrom(
        "aws:lambda",
        "aws:ec2",
        "aws:cpu=4",
        "aws:cpu=8",
        "aws:arch=arm64",
        "aws:spot=false",
        "k8s",
      ),
      fc.string({ maxLength: 8 }).map((rest) => `aws:${rest}`),
    );
    const twoOrders = fc
      .array(tag, { maxLength: 6 })
      .chain((tags) => fc.tuple(fc.constant(tags), fc.shuffledSubarray(tags, { minLength: tags.length })));
    fc.assert(
      fc.property(twoOrders, ([tags, again]) => {
        expect(parseJobTags(again)).toEqual(parseJobTags(tags));
      }),
    );
  });

  it("prints what it read", () => {
    fc.assert(
      fc.property(requests, (requested) => {
        const tags = printJobTags(requested);
        const read = parseJobTags(tags) ?? {};
        expect(isBad(read)).toBe(false);
        expect(printJobTags(read)).toEqual(tags);
      }),
    );
  });
});
