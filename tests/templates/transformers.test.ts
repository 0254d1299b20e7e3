import * as fc from "fast-check";
import { parseJobEvent } from "../../Core/model/job-event";
import { HOSTILE_NAMES, matching, RULES, transformed, WEBHOOK, webhook } from "./bus-events";
import type { EventBridgeEvent } from "./event-pattern";
import { asMap, at } from "./read-template";

it.each(HOSTILE_NAMES)(
  "T-22: starts a runner for a job named %s by a rule that leaves the name out",
  (name) => {
    const given = webhook({ build_name: name });
    expect(matching(given)).toEqual(["JobPendingWithoutNameRule"]);
    expect(parseJobEvent(transformed("JobPendingWithoutNameRule", given))).toMatchObject({
      jobId: WEBHOOK.build_id,
      projectId: WEBHOOK.project_id,
      jobName: "",
    });
  },
);

const isOneJobEvent = (given: EventBridgeEvent): boolean => {
  const [rule = "none", ...others] = matching(given);
  const { jobId, projectId, jobName } = parseJobEvent(transformed(rule, given));
  const isSame = jobId === WEBHOOK.build_id && projectId === WEBHOOK.project_id;
  return others.length === 0 && isSame && ["", at(given.detail, "build_name")].includes(jobName);
};

it("T-22: no name of a job speaks for other fields or keeps its event from a target", () => {
  // Control characters too would have to be escaped; GitLab's own names have none.
  const names = fc.string({ unit: "binary", maxLength: 40 }).filter((name) => !/\p{Cc}/u.test(name));
  const statuses = fc.constantFrom("pending", "running", "success");
  fc.assert(
    fc.property(fc.oneof(names, fc.constantFrom(...HOSTILE_NAMES)), statuses, (build_name, build_status) =>
      isOneJobEvent(webhook({ build_name, build_status })),
    ),
    { numRuns: 500 },
  );
});

/** What a transformer may fill in, and why nothing in it needs escaping. */
const HARMLESS: Readonly<Record<string, string>> = {
  "$.source": "the rule's pattern lists them",
  "$.time": "EventBridge's own: neither API Gateway's integration nor our functions set it",
  "$.detail.object_kind": "the rule's pattern lists them",
  "$.detail.build_status": "the rule's pattern lists them",
  "$.detail.state": "the rule's pattern lists them",
  "$.detail.build_id": "GitLab's number",
  "$.detail.project_id": "GitLab's number",
  "$.detail.runner.id": "GitLab's number",
  "$.detail.runnerId": "GitLab's number, from the reconciler or an operator",
  "$.detail.attempt": "our number; from a webhook it is ignored",
  "$.detail.reason": "a code, from the reconciler or an operator",
  "$.detail.resourceId": "an id of AWS's, from the reconciler or an operator",
  "$.detail.instance-id": "EC2's id",
  "$.detail.requestId": "checked by the function that puts it (Infrastructure/src/end-reports.ts)",
  "$.detail.status": "checked by the function that puts it",
  "$.region": "EventBridge's",
  "$.detail.jobId": "GitLab's number, as the workflow tells it",
  "$.detail.projectId": "GitLab's number, as the workflow tells it",
  "$.detail.deployment": "the bus's name, whose letters the template's pattern lists",
  "$.detail.text": "our own words, without quotation marks (Core/events/job-start-failed.ts)",
  "$.detail.remedy": "our own words, without quotation marks",
  "$.detail.cause": "a code of ours",
  "$.detail.environment": "made by the function that puts it",
};

it("T-22: fills in texts of other people only where the rule's pattern keeps out what would need escaping", () => {
  const filled = RULES.flatMap(({ id, targets }) =>
    targets.flatMap((target) =>
      Object.values(asMap(at(target, "InputTransformer", "InputPathsMap"))).map((path) => ({ id, path })),
    ),
  );
  expect(filled.length).toBeGreaterThan(20);
  const others = filled.filter(({ path }) => HARMLESS[String(path)] === undefined);
  expect(others).toEqual([{ id: "JobPendingRule", path: "$.detail.build_name" }]);
});
