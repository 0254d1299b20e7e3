import type { RunnerOrder } from "../../../Core/model/runner-order";
import { anOrder } from "../testing/fakes/items";
import { fits } from "./fits";

type Change = Partial<RunnerOrder>;

it.each<[string, Change, Change, boolean]>([
  ["of the same tags", { tags: ["a"] }, { tags: ["a"] }, true],
  ["with more tags than the job's", { tags: ["a", "b"] }, { tags: ["b"] }, true],
  ["that lacks a tag of the job", { tags: ["a"] }, { tags: ["a", "b"] }, false],
  ["without tags, where the job has none", { tags: [] }, { tags: [] }, true],
  ["with tags, where the job has none", { tags: ["a"] }, { tags: [] }, false],
  ["of another project", { projectId: 1 }, { projectId: 2 }, false],
  ["for protected refs, where the job's is not", { onProtectedRef: true }, {}, false],
  ["that is not for protected refs, where the job's is", {}, { onProtectedRef: true }, false],
  [
    "for protected refs, where the job's is as well",
    { onProtectedRef: true },
    { onProtectedRef: true },
    true,
  ],
])("a runner %s", (_, runner, job, isFit) => {
  expect(fits(anOrder(runner), anOrder(job))).toBe(isFit);
});
