import { parseJobEvent } from "../../../Core/model/job-event";
import { jobWebhookPayload } from "./job-webhook-payload";

const KEYS_19 = [
  "object_kind",
  "ref",
  "tag",
  "before_sha",
  "sha",
  "retries_count",
  "build_id",
  "build_name",
  "build_stage",
  "build_status",
  "build_created_at",
  "build_started_at",
  "build_finished_at",
  "build_created_at_iso",
  "build_started_at_iso",
  "build_finished_at_iso",
  "build_duration",
  "build_queued_duration",
  "build_allow_failure",
  "build_failure_reason",
  "pipeline_id",
  "runner",
  "project_id",
  "project_name",
  "user",
  "commit",
  "repository",
  "project",
  "environment",
];

it("has every field of a 19.x webhook, in its order, and no tags of the job", () => {
  expect(Object.keys(jobWebhookPayload())).toEqual(KEYS_19);
});

it.each([
  ["2021", ["runner", "build_failure_reason"], ["retries_count", "project", "build_created_at_iso"]],
  ["2019", ["build_id", "project_id", "user"], ["runner", "retries_count", "project", "pipeline_id"]],
] as const)("has the shape of a server of %s", (shape, present, absent) => {
  const payload = jobWebhookPayload({}, shape);
  for (const field of present) expect(payload).toHaveProperty(field);
  for (const field of absent) expect(payload).not.toHaveProperty(field);
});

it("writes dates as today's servers do, and as old ones did", () => {
  const dates = { build_started_at: "2026-01-10 13:50:02 UTC" };
  expect(jobWebhookPayload(dates).build_started_at).toBe("2026-01-10 13:50:02 UTC");
  expect(jobWebhookPayload(dates, "2021").build_started_at).toBe("2026-01-10T13:50:02.000Z");
  expect(jobWebhookPayload({}, "2021").build_started_at).toBeNull();
});

it("takes overrides, and takes a field out for undefined", () => {
  const payload = jobWebhookPayload({
    build_name: "x: [a, b]",
    user: undefined,
    source_pipeline: { job_id: 1 },
  });
  expect(payload).toMatchObject({ build_name: "x: [a, b]", source_pipeline: { job_id: 1 } });
  expect(payload).not.toHaveProperty("user");
});

it.each(["19.x", "2021", "2019"] as const)("is a job event that the product reads (%s)", (shape) => {
  expect(
    parseJobEvent(jobWebhookPayload({ build_id: 15_000_000_007, build_status: "running" }, shape)),
  ).toEqual({
    jobId: 15_000_000_007,
    projectId: 1,
    jobName: "test",
    status: "running",
  });
});
