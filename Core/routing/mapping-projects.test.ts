import { projectJobKey } from "./mapping-keys";
import { projectsNamed } from "./mapping-projects";

describe("projectsNamed", () => {
  it("takes the projects of keys and of what classes allow, each once", () => {
    const rows = [
      { pk: projectJobKey(42, "build") },
      { pk: projectJobKey(42, "project#7#job#x") },
      { pk: "job#project#9#job#x" },
      { pk: "class#gpu", projects: [7, 42] },
    ];
    expect(projectsNamed(rows)).toEqual([7, 42]);
  });

  it("I-27: takes nothing out of what is no project", () => {
    const rows = [
      { pk: "project#0#job#x" },
      { pk: "project#-1#job#x" },
      { pk: `project#${"9".repeat(16)}#job#x` },
      { pk: "class#a", projects: "all" },
      { pk: "class#b", projects: [1.5, "7", null, -2] },
    ];
    expect(projectsNamed(rows)).toEqual([]);
  });
});
