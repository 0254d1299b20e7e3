import { type EventBridgeEvent, patternMatches, transform } from "./event-pattern";
import { asList, asMap, ofType, type Properties, readTemplate, resource, type Value } from "./read-template";
import { ACCOUNT, resolve } from "./resolve";

/** Events as they come to the bus, and what the shipped rules make of them. */
const autoScaler = readTemplate("AutoScaler");

export const RULES = ofType(autoScaler, "AWS::Events::Rule")
  .filter(({ properties }) => properties.EventPattern !== undefined)
  .map(({ id, properties }) => ({
    id,
    isOnBus: properties.EventBusName !== undefined,
    pattern: asMap(resolve(autoScaler, properties.EventPattern)),
    targets: asList(properties.Targets).map(asMap),
  }));

export const matching = (event: EventBridgeEvent): readonly string[] =>
  RULES.filter(({ pattern }) => patternMatches(pattern, { ...event } as Properties)).map(({ id }) => id);

export const WEBHOOK = {
  object_kind: "build",
  ref: "main",
  tag: false,
  before_sha: "0000000000000000000000000000000000000000",
  sha: "95d49d1efbd941908580e79d65e4b5ecaf4a8305",
  retries_count: 0,
  build_id: 15_000_000_001,
  build_name: "test 1/3: [a, b]",
  build_stage: "test",
  build_status: "pending",
  build_created_at: "2023-01-10 13:50:02 UTC",
  build_started_at: null,
  build_failure_reason: "unknown_failure",
  pipeline_id: 2366,
  runner: null,
  project_id: 380,
  project_name: "gitlab-org/gitlab-test",
  user: { id: 3, name: "User", email: "user@gitlab.com" },
  commit: { id: 2366, message: "test\n", author_email: "user@gitlab.com" },
} satisfies Record<string, Value>;

/** EventBridge writes it to the second. */
export const RECEIVED_AT = "2026-11-25T12:00:00Z";

export const event = (
  source: string,
  detailType: string,
  detail: Value,
  account = ACCOUNT,
): EventBridgeEvent => ({
  source,
  "detail-type": detailType,
  time: RECEIVED_AT,
  account,
  detail,
});
export const webhook = (changes: Record<string, Value>): EventBridgeEvent =>
  event("gitlab.webhook", "GitLabJobEvent", { ...WEBHOOK, ...changes });
export const reconciled = (changes: Record<string, Value>): EventBridgeEvent =>
  event("gitlab.reconciler", "GitLabJobEvent", { ...WEBHOOK, attempt: 2, ...changes });
export const redriven = (changes: Record<string, Value>): EventBridgeEvent =>
  event("gitlab.redrive", "GitLabJobEvent", { ...WEBHOOK, ...changes });
export const ec2 = (detailType: string, detail: Value): EventBridgeEvent =>
  event("aws.ec2", detailType, detail);

export const without = (key: string): Value =>
  Object.fromEntries(Object.entries(WEBHOOK).filter(([name]) => name !== key));

export const transformed = (rule: string, given: EventBridgeEvent): Value =>
  transform(asMap(asMap(asList(resource(autoScaler, rule).properties.Targets)[0]).InputTransformer), given);

/** Names that would end a text early where they are filled in as they are, and one that would speak for other fields. */
export const HOSTILE_NAMES = [
  'say "hi"',
  "C:\\build",
  "\\",
  '"',
  'x", "build_id": 1, "project_id": 9, "y": "',
];
