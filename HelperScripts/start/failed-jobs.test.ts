import type { MappingChange } from "../mapping/difference";
import { attempt } from "../testing/items";
import { concernsJob } from "./failed-jobs";

const SETTINGS = { pk: "settings", sk: "settings" };
const CLASS = { pk: "class#docker", sk: "class", type: "EC2" };
const OTHER = { pk: "job#deploy", sk: "tags#", type: "EC2" };

const concerned = (...rows: readonly (typeof SETTINGS)[]) =>
  concernsJob({ changes: rows.map((row) => ({ kind: "change", row }) as unknown as MappingChange), rows });

it("a job whose tags asked for too much is concerned by new settings and classes, and by no other job's row", () => {
  const beyond = attempt(7, { state: "FAILED", reason: "beyond-bounds" });
  expect([SETTINGS, CLASS, OTHER].map((row) => concerned(row)(beyond))).toEqual([true, true, false]);
  const refused = attempt(7, { state: "FAILED", reason: "launch-refused" });
  expect(concerned(SETTINGS)(refused)).toBe(false);
});
