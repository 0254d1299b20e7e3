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
        expect(parseJob({ ...JOB, ...whoever }, {})).toEqual(parseJob(JOB, {}));
      }),
    );
  });
});
