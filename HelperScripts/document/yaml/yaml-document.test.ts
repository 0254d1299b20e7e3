import { readMapping } from "../../../Core/routing/mapping-reading";
import { functionArn } from "../../testing/deployment-double";
import { formatOf } from "../document-format";
import { pulledDocument } from "../pulled-document";
import { readDocument } from "../read-document";

const read = (text: string) => readDocument(text, undefined, "yaml");
const SCHEMA = "./runner-mapping.schema.json";

const DOCUMENT = `# yaml-language-server: $schema=./runner-mapping.schema.json
settings: { maxRunners: 20 }   # for now
classes:
  # Docker builds
  big:
    type: EC2
    diskGiB: 60
jobs:
  - { type: EC2, name: image build, tags: [docker, arm64], class: big }   # nightly

  # the quick ones
  - type: LAMBDA
    name: "unit tests"
    lambdaArn: ${functionArn("runner")}
`;

it("reads the same rows from YAML as from JSON, anchors and aliases too", () => {
  const yaml = read(DOCUMENT.replace("tags: [docker, arm64]", "tags: &t [docker, arm64]"));
  const json = readDocument(
    JSON.stringify({
      settings: { maxRunners: 20 },
      classes: { big: { type: "EC2", diskGiB: 60 } },
      jobs: [
        { type: "EC2", name: "image build", tags: ["docker", "arm64"], class: "big" },
        { type: "LAMBDA", name: "unit tests", lambdaArn: functionArn("runner") },
      ],
    }),
  );
  expect([yaml.errors, yaml.rows]).toEqual([[], json.rows]);
});

it.each([
  ["jobs: [", 1, 8, "end with a ]"],
  ["jobs:\n  - { type: EC3, name: a }", 2, 13, "jobs[0].type"],
  ["jobs: []\njobs: []", 2, 1, 'the field "jobs" twice'],
  ["jobs: []\nclases: {}", 2, 1, 'did you mean "classes"'],
  ["jobs: !env X", 1, 12, "the tag !env means nothing here"],
  ["jobs: &a [*a]", 1, 10, "nested too deeply"],
  ["# only a comment", 1, 1, "the document is empty"],
  ["jobs: nothing", 1, 7, "jobs must be a list"],
])("says by line and column what is wrong with %j", (text, line, column, message) => {
  expect(read(text).errors).toEqual([{ line, column, message: expect.stringContaining(message) }]);
  expect(read(text).rows).toEqual([]);
});

it("keeps a number or a truth a number or a truth: no name is one", () => {
  expect(read("jobs:\n  - { type: EC2, name: 12 }").errors[0]?.message).toContain("name");
  expect(read('jobs:\n  - { type: EC2, name: "12" }').errors).toEqual([]);
});

describe("a pull over the document that was uploaded", () => {
  const rows = read(DOCUMENT).rows;

  it("changes no letter", () => {
    expect(`${pulledDocument(readMapping(rows), SCHEMA, DOCUMENT, "yaml").text}\n`).toBe(DOCUMENT);
  });

  it("keeps comments and order where something else changed, and says all that is stored", () => {
    const changed = [
      ...rows.filter(({ pk }) => pk !== "class#big"),
      { pk: "class#big", sk: "class", type: "EC2", diskGiB: 80 },
      { pk: "job#lint", sk: "tags#", type: "EC2" },
    ];
    const text = pulledDocument(readMapping(changed), SCHEMA, DOCUMENT, "yaml").text ?? "";
    for (const comment of ["# for now", "# Docker builds", "# nightly", "# the quick ones"])
      expect(text).toContain(comment);
    const byKey = (one: { pk: string }, other: { pk: string }) => (one.pk < other.pk ? -1 : 1);
    expect([...read(text).rows].sort(byKey)).toEqual([...changed].sort(byKey));
  });

  it("leaves out what is stored no more", () => {
    const left = rows.filter(({ pk }) => pk.startsWith("job#unit"));
    const text = pulledDocument(readMapping(left), SCHEMA, DOCUMENT, "yaml").text ?? "";
    expect([read(text).errors, read(text).rows]).toEqual([[], left]);
  });

  it("makes a new document with the schema's address where there is none", () => {
    const text = pulledDocument(readMapping(rows), SCHEMA, undefined, "yaml").text ?? "";
    expect(text).toMatch(/^# yaml-language-server: \$schema=\.\/runner-mapping\.schema\.json\n/);
    expect(read(text).rows).toHaveLength(rows.length);
  });
});

it.each([
  ["m.yml", "{", "yaml"],
  ["m.yaml", "", "yaml"],
  ["m.json", "jobs: []", "json"],
  ["/dev/stdin", '\ufeff {"jobs":[]}', "json"],
  ["/dev/stdin", "jobs: []", "yaml"],
])("takes %s that begins with %j as %s", (path, text, format) => {
  expect(formatOf(path, text)).toBe(format);
});
