import { parseJobAddress, projectPath } from "./job-address";

describe("a job's address in a GitLab at a relative URL", () => {
  const { jobId, projectUrl = "" } = parseJobAddress(
    "https://gitlab.example.com/gitlab/group/app/-/jobs/358#L7",
  );

  it("names the job, and the project below GitLab's own path", () => {
    expect(jobId).toBe(358);
    expect(projectPath(projectUrl, "https://gitlab.example.com/gitlab")).toBe("group/app");
  });

  it.each([
    "https://gitlab.example.com/gitlab2",
    "https://gitlab.example.com/git",
    "https://other.example.com/gitlab",
  ])("is none of %s", (gitLab) => {
    expect(() => projectPath(projectUrl, gitLab)).toThrow("is not a project of");
  });
});
