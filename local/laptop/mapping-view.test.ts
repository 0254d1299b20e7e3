import { mappingLines } from "./mapping-view";

const STATE = { pk: "mapping", sk: "state", applied: 4 };

it("shows job rows as people write them, and neither classes, settings nor what cannot be read", () => {
  const lines = mappingLines([
    STATE,
    { pk: "job#build", sk: "tags#docker#linux", type: "EC2", class: "big" },
    {
      pk: "project#7#job#unit tests",
      sk: "tags",
      type: "LAMBDA",
      arn: "arn:aws:lambda:eu-west-1:111122223333:function:x",
    },
    { pk: "job#*", sk: "tags#gpu", type: "EC2" },
    { pk: "class#big", sk: "class", type: "EC2" },
    { pk: "settings", sk: "settings" },
    { pk: "job#odd", sk: "tags", type: "TAPE" },
  ]);
  expect(lines).toEqual([
    { job: "build", tags: ["docker", "linux"], runner: "EC2, big" },
    { job: "unit tests of project 7", tags: [], runner: "Lambda" },
    { job: "any job", tags: ["gpu"], runner: "EC2" },
  ]);
});

it("shows what an upload has made valid, and not what is still staged", () => {
  const staged = (generation: number) => ({ generation, row: { type: "EC2" } });
  const lines = mappingLines([
    STATE,
    { pk: "job#new", sk: "tags", staged: staged(4) },
    { pk: "job#later", sk: "tags", staged: staged(5) },
  ]);
  expect(lines.map(({ job }) => job)).toEqual(["new"]);
});
