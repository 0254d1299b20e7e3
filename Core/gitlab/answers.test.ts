import fc from "fast-check";
import { parseJob } from "./answers";

const JOB = {
  id: 7,
  name: "build",
  status: "pending",
  tag_list: ["ec2"],
  created_at: "2026-11-25T12:00:00Z",
  project: { id: 1 },
  ref: "main",
  tag: false,
};

describe("a job as GitLab's API tells it", () => {
  it("T-7: is the same whoever runs it: GitLab lets people run pipelines as others", () => {
    const anyUser = fc.record({ id: fc.nat(), username: fc.string(), is_admin: fc.boolean() });
    const anyJob = fc.record({
      user: anyUser,
      commit: fc.record({ author_email: fc.emailAddress(), message: fc.string() }),
      pipeline: fc.record({ id: fc.nat(), source: fc.string(), user: anyUser }),
    });
    fc.assert(
      fc.property(anyJob, (whoever) => {
        const { id } = whoever.pipeline;
        expect(parseJob({ ...JOB, ...whoever }, {})).toEqual(parseJob({ ...JOB, pipeline: { id } }, {}));
      }),
    );
  });

  it.each([
    [{ id: 12, ref: "main" }, 12],
    [{ id: "12" }, undefined],
    [{}, undefined],
    [null, undefined],
    [undefined, undefined],
  ])("F-24: has the pipeline of %j, or none: no job depends on it", (pipeline, pipelineId) => {
    expect(parseJob({ ...JOB, pipeline }, {}).pipelineId).toBe(pipelineId);
  });
});
