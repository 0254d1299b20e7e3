import { editedYaml, newYaml } from "../../document/yaml/source";
import { DeploymentDouble } from "../../testing/deployment-double";

const DOCUMENT = "# ours\njobs:\n  - { type: EC2, name: build, tags: [docker] } # nightly\n";

it("uploads a YAML document, and a pull over it changes no letter", async () => {
  const on = new DeploymentDouble();
  on.files.set("mapping.yml", DOCUMENT);
  expect(await on.run(["mapping", "check", "mapping.yml"])).toMatchObject({ exitCode: 0 });
  expect(await on.run(["mapping", "upload", "mapping.yml", "--yes"])).toMatchObject({ exitCode: 0 });
  expect(on.mapping.get("job#build", "tags#docker")).toMatchObject({ type: "EC2" });
  await on.run(["mapping", "pull", "--output", "mapping.yml", "--force"]);
  expect(on.files.get("mapping.yml")).toBe(DOCUMENT);
});

it("names line and column of what is wrong", async () => {
  const on = new DeploymentDouble();
  on.files.set("mapping.yaml", "jobs:\n  - { type: EC2, nam: build }\n");
  const { exitCode, err } = await on.run(["mapping", "upload", "mapping.yaml", "--yes"]);
  expect([exitCode, err]).toEqual([
    1,
    expect.stringMatching(/mapping\.yaml:2:\d+: error: .*did you mean "name"/),
  ]);
});

it("writes each line whole, however long it is", () => {
  const name = "a long name of a job, ".repeat(20).trim();
  const parts = { classes: [], jobs: [{ value: { name, type: "EC2" }, isSame: false }] };
  expect(newYaml(parts, "schema.json")).toContain(`- name: ${name}\n`);
  expect(editedYaml(parts, DOCUMENT, false)).toContain(`- name: ${name}\n`);
});
