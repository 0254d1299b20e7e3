import { DeploymentDouble, functionArn, REGION } from "../../testing/deployment-double";

const ARN = functionArn("runner");
const FILE = "mapping.json";
const CHECK = ["mapping", "check", FILE];
const UPLOAD = ["mapping", "upload", FILE, "--yes"];
const EC2 = { type: "EC2" };

const simulationWith = (jobs: readonly object[]): DeploymentDouble => {
  const world = new DeploymentDouble();
  world.files.set(FILE, JSON.stringify({ jobs }));
  return world;
};

const worldOf = (...rows: readonly { readonly pk: string; readonly sk: string }[]): DeploymentDouble => {
  const world = new DeploymentDouble();
  for (const row of rows) world.mapping.put({ ...row });
  return world;
};

describe("a row that cannot be read", () => {
  const unreachable = [
    ["a # that is not encoded", "job#build#1"],
    ["a % that is not encoded", "job#100%"],
    ["an escape of another kind", "job#a%2Ab"],
    ["a project and the name *", "project#42#job#*"],
    ["a project id beyond 2^53", "project#9007199254740993#job#x"],
    ["no name", "job#"],
    ["another prefix", "Job#build"],
  ] as const;

  it.each(unreachable)("with %s (%s) is never pulled, and said by pull, doctor and upload", async (_, pk) => {
    const row = { pk, sk: "tags#rt", ...EC2 };
    const world = worldOf(row);
    const pulled = await world.run(["mapping", "pull"]);
    expect([pulled.exitCode, JSON.parse(pulled.out).jobs]).toEqual([1, []]);
    expect(pulled.err).toContain(`The row ${pk} / tags#rt`);

    const examined = await world.run(["doctor"]);
    expect(examined.out.replaceAll(/\s+/g, " ")).toContain(`The row ${pk} / tags#rt`);

    world.files.set(FILE, JSON.stringify({ jobs: [{ ...EC2, name: "x", tags: ["rt"] }] }));
    const uploaded = await world.run(UPLOAD);
    expect(uploaded.err).toMatch(/The row .* \/ tags#rt .*\. It stays as it is\./);
    expect(world.mapping.get(pk, "tags#rt")).toEqual(row);
  });

  it.each([
    ["an unknown type", { pk: "job#x", sk: "tags#rt", type: "FARGATE" }],
    ["a sort key of another kind", { pk: "job#x", sk: "tag#rt", ...EC2 }],
    ["a tag with blanks at its ends", { pk: "job#x", sk: "tags#rt ", ...EC2 }],
    ["an EC2 runner and a function", { pk: "job#x", sk: "tags#rt", ...EC2, arn: ARN }],
    ["a number beyond 2^53", { pk: "job#x", sk: "tags#rt", type: 2n ** 60n }],
    ["the name * of one job", { pk: "job#%2A", sk: "tags#rt", ...EC2 }],
    ["a digest of its tags", { pk: "job#x", sk: `tags-sha256#${"0".repeat(64)}`, ...EC2 }],
  ])("with %s keeps pull from writing a document without it", async (_, row) => {
    const world = worldOf(row, { pk: "job#*", sk: "tags#rt", ...EC2 });
    world.files.set(FILE, "mine");
    const pulled = await world.run(["mapping", "pull", "--output", FILE, "--force"]);
    expect([pulled.exitCode, pulled.out, world.files.get(FILE)]).toEqual([1, "", "mine"]);
    expect(pulled.err).toMatch(/Nothing was written.*Correct or delete them in the table: job#/);
    expect((await world.run(["doctor"])).out).toContain(row.pk);
  });

  it("is not taken for the same as a row of the document, and stays without --prune", async () => {
    const world = worldOf({ pk: "job#100%", sk: "tags#", ...EC2 });
    world.files.set(FILE, JSON.stringify({ jobs: [{ ...EC2, name: "100%" }] }));
    expect((await world.run(UPLOAD)).out).toContain("1 added, 0 changed, 0 removed");
    expect(world.mapping.get("job#100%", "tags#")).toBeDefined();
    expect((await world.run([...UPLOAD, "--prune"])).out).toContain("1 removed");
  });

  it("is no class when its sort key is another", async () => {
    const world = worldOf({ pk: "class#big", sk: "a note", ...EC2 }, {
      pk: "job#x",
      sk: "tags#",
      ...EC2,
      class: "big",
    } as never);
    const { exitCode, err } = await world.run(["mapping", "pull"]);
    expect(exitCode).toBe(1);
    expect(err).toContain("The row class#big / a note has the sort key of no class");
    expect(err).toContain('The row job#x / tags# names the class "big", which the mapping lacks');
  });
});

describe("what is odd about a document", () => {
  it.each([
    ["blanks at a name's end", { name: "build " }, "blanks at its ends"],
    ["a comma inside a tag", { name: "x", tags: ["a,b"] }, 'comma in the tag "a,b"'],
    ["a name over 255 characters", { name: "n".repeat(256) }, "name of more than 255 characters"],
    ["a tag over 255 characters", { name: "x", tags: ["t".repeat(256)] }, "tag of more than 255 characters"],
    ["a control character", { name: "a\u0007b" }, "control character"],
    ["half a surrogate pair", { name: "a\ud800b" }, "control character or a broken one"],
    ["a hidden job's name", { name: ".template" }, "begins with a dot"],
    ["a keyword for a name", { name: "stages" }, "a keyword of GitLab's"],
  ])("%s is a warning, of check and of upload alike", async (_, entry, words) => {
    for (const command of [CHECK, UPLOAD]) {
      const { exitCode, err } = await simulationWith([{ ...EC2, ...entry }]).run(command);
      expect([exitCode, err.includes("mapping.json:1:")]).toEqual([0, true]);
      expect(err).toContain("jobs[0] has ");
      expect(err).toContain(words);
    }
  });

  it.each([
    ["255 emoji", { name: "🚀".repeat(255) }],
    ["a parallel part", { name: "test: [linux, arm64] 1/3" }],
    ["accents", { name: "prüfen é", tags: ["größe"] }],
  ])("%s is not odd", async (_, entry) => {
    const { err } = await simulationWith([{ ...EC2, ...entry }]).run(CHECK);
    expect(err).not.toContain("warning");
  });
});

describe("a document's bytes", () => {
  const text = JSON.stringify({ jobs: [{ ...EC2, name: "prüfen" }] });
  const swapped = (bytes: Buffer): Buffer => Buffer.from(bytes).swap16();
  const utf16 = Buffer.from(text, "utf16le");
  const of = (bytes: Uint8Array): DeploymentDouble => {
    const world = new DeploymentDouble();
    world.bytes.set(FILE, bytes);
    return world;
  };

  it.each([
    ["UTF-8", Buffer.from(text)],
    ["UTF-8 with a mark", Buffer.from(`\ufeff${text}`)],
    ["UTF-16, little end first", Buffer.concat([Buffer.from([0xff, 0xfe]), utf16])],
    ["UTF-16, big end first", Buffer.concat([Buffer.from([0xfe, 0xff]), swapped(utf16)])],
  ])("%s is read", async (_, bytes) => {
    for (const command of [CHECK, UPLOAD]) expect((await of(bytes).run(command)).exitCode).toBe(0);
    const world = of(bytes);
    await world.run(UPLOAD);
    expect(world.mapping.get("job#prüfen", "tags#")).toBeDefined();
  });

  it.each([
    ["UTF-16 without a mark", utf16, "1:1", "UTF-16"],
    ["half a UTF-16 file", Buffer.from([0xff, 0xfe, 0x7b, 0, 0x00, 0xd8, 0x7d]), "1:1", "UTF-16"],
    ["Latin-1", Buffer.from('{\n "jobs": [{ "name": "pr\u00fcfen" }] }', "latin1"), "2:24", "not UTF-8"],
    ["a character cut off", Buffer.from(text).subarray(0, text.indexOf("ü") + 1), "1:34", "not UTF-8"],
  ])("%s is an error with its position, of check and of upload alike", async (_, bytes, position, words) => {
    for (const command of [CHECK, UPLOAD]) {
      const world = of(bytes);
      const { exitCode, err } = await world.run(command);
      expect([exitCode, world.writes()]).toEqual([1, []]);
      expect(err).toContain(`${FILE}:${position}: error:`);
      expect(err).toContain(words);
    }
  });
});

describe("check and upload", () => {
  it.each([
    ['{ "jobs": [ ], }', 1],
    ['{\n "jobs": [\n  { "type": "EC2", "name": "x", },\n ]\n}', 2],
    ["{ jobs: [] }", 1],
  ])("a slip in %j is one error a line", async (text, errors) => {
    const world = new DeploymentDouble();
    world.files.set(FILE, text);
    for (const command of [CHECK, UPLOAD]) {
      const { err } = await world.run(command);
      expect(err.match(/ error: /g)).toHaveLength(errors);
    }
  });

  it.each([
    [
      "a function elsewhere",
      { jobs: [{ type: "LAMBDA", name: "x", lambdaArn: ARN.replace(REGION, "eu-west-1") }] },
    ],
    [
      "a class that the stack does not allow",
      { jobs: [], classes: { metal: { ...EC2, instanceTypes: ["p5.48xlarge"] } } },
    ],
  ])("check says of %s what upload says, when it knows the stack", async (_, fields) => {
    const world = new DeploymentDouble();
    world.files.set(FILE, JSON.stringify(fields));
    const checked = await world.run([...CHECK, "--stack-name", "gitlab-runners-autoscaler"]);
    const uploaded = await world.run(UPLOAD);
    const errors = (text: string) => text.split("\n").filter((line) => line.includes(" error: "));
    expect([checked.exitCode, uploaded.exitCode]).toEqual([1, 1]);
    expect(errors(checked.err)).toEqual(errors(uploaded.err));
    expect(errors(checked.err)).toHaveLength(1);
    const alone = await world.run(CHECK);
    expect([alone.exitCode, alone.err.includes("--stack-name")]).toEqual([0, true]);
  });
});

describe("pull into a document that is there", () => {
  const written = `{
  "$schema": "https://example.com/schema.json",
  "classes": {
    "small": { "type": "EC2", "diskGiB": 20 },
    "big": { "type": "EC2", "diskGiB": 60 }
  },
  "jobs": [
    { "type": "LAMBDA", "name": "unit", "tags": ["b", "a"],
      "lambdaArn": "${ARN}" },
    { "name": "deploy", "type": "EC2", "class": "big" },
    { "type": "EC2", "name": "*", "tags": ["arm64"] }
  ]
}
`;
  const pull = ["mapping", "pull", "--output", FILE, "--force"];

  it("keeps its $schema, its order and its words", async () => {
    const world = new DeploymentDouble();
    world.files.set(FILE, written);
    await world.run(UPLOAD);
    const { exitCode } = await world.run(pull);
    expect([exitCode, world.files.get(FILE)]).toEqual([0, written]);
  });

  it("changes what differs in the table, and adds what is new at the end", async () => {
    const world = new DeploymentDouble();
    world.files.set(FILE, written);
    await world.run(UPLOAD);
    world.mapping.put({ pk: "job#deploy", sk: "tags#", type: "EC2", class: "small" });
    world.mapping.put({ pk: "job#a", sk: "tags#", type: "EC2" });
    await world.run(pull);
    const changed = written
      .replace(
        '{ "name": "deploy", "type": "EC2", "class": "big" }',
        '{ "type": "EC2", "name": "deploy", "class": "small" }',
      )
      .replace('"tags": ["arm64"] }', '"tags": ["arm64"] },\n    { "type": "EC2", "name": "a" }');
    expect(world.files.get(FILE)).toBe(changed);
  });

  it("a new one names the schema, from where it lies", async () => {
    const world = worldOf({ pk: "job#a", sk: "tags#", ...EC2 });
    const { out } = await world.run(["mapping", "pull"]);
    expect(JSON.parse(out)).toMatchObject({ $schema: "./HelperScripts/runner-mapping.schema.json" });
    await world.run(["mapping", "pull", "--output", "HelperScripts/mine.json"]);
    expect(world.files.get("HelperScripts/mine.json")).toBe(
      '{\n  "$schema": "./runner-mapping.schema.json",\n  "jobs": [\n    { "type": "EC2", "name": "a" }\n  ]\n}\n',
    );
  });
});

describe("the class default", () => {
  const DEFAULT = { EC2: { market: "on-demand", lifetimeSeconds: 3600 }, LAMBDA: { waitTimeoutSeconds: 20 } };
  const documentWith = (value: unknown): DeploymentDouble => {
    const world = new DeploymentDouble();
    world.files.set(FILE, JSON.stringify({ classes: { default: value }, jobs: [{ ...EC2, name: "x" }] }));
    return world;
  };

  it("is stored by upload, given back by pull, and what explain says from then on", async () => {
    const world = documentWith(DEFAULT);
    expect(await world.run(UPLOAD)).toMatchObject({ exitCode: 0 });
    expect(world.mapping.get("class#default", "class")).toEqual({
      pk: "class#default",
      sk: "class",
      ...DEFAULT,
    });
    const pulled = await world.run(["mapping", "pull"]);
    expect(JSON.parse(pulled.out)).toMatchObject({ classes: { default: DEFAULT } });
    const explained = await world.run(["explain", "--project", "42", "--job", "x", "--json"]);
    expect(JSON.parse(explained.out)).toMatchObject({
      runnerClass: { name: "default", lifetimeSeconds: 3600, ec2: { market: "on-demand" } },
    });
  });

  it("may be named by a job, and is no change where it is the same", async () => {
    const world = documentWith(DEFAULT);
    await world.run(UPLOAD);
    const { out } = await world.run(UPLOAD);
    expect(out).toMatch(/Nothing to change|0 added, 0 changed, 0 removed/);
  });

  it.each([
    ["EC2", '{ "EC2": { "market": "spot" }, "EC2": {} }', 'classes["default"] has the field "EC2" twice'],
    [
      "market",
      '{ "EC2": { "market": "spot", "market": "spot" } }',
      'classes["default"].EC2 has the field "market" twice',
    ],
  ])("is refused with %s said twice, although the last one would count", async (_, text, message) => {
    const world = documentWith({});
    const [name = ""] = world.files.keys();
    world.files.set(name, `{ "jobs": [], "classes": { "default": ${text} } }`);
    const { exitCode, err } = await world.run(CHECK);
    expect([exitCode, err.replaceAll(/\s+/g, " ")]).toEqual([1, expect.stringContaining(message)]);
  });

  it.each([
    [{ type: "EC2", market: "spot" }, /mapping\.json:1:\d+.*classes\["default"\].*"type"/],
    [{ EC2: { market: "cheap" } }, /classes\["default"\].*market/],
    [{ LAMBDA: { lifetimeSeconds: 901 } }, /classes\["default"\].*lifetimeSeconds/],
    [{ EC2: { lifetimeSeconds: 50_000 } }, /classes\["default"\].*Ec2MaximumLifetimeSeconds/],
    ["spot", /classes\["default"\]/],
  ])("is refused as %j, and the message says where", async (value, message) => {
    for (const command of [CHECK, UPLOAD]) {
      const { exitCode, err } = await documentWith(value).run([
        ...command,
        "--stack-name",
        "gitlab-runners-autoscaler",
      ]);
      expect([exitCode, err.replaceAll(/\s+/g, " ")]).toEqual([1, expect.stringMatching(message)]);
    }
  });
});
