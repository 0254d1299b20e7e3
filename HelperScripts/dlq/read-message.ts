import type { Fields } from "../../Core/fields";
import { codeOf, INSTANCE_STATE_CODES, type InterruptionCode, type StopCode } from "../../Core/model/reasons";
import { parseFunctionArn } from "../../Core/routing/function-arn";

/** What to do with a DLQ message so that what it asked for still happens. */
export type DlqMessage =
  /** Put the event on our bus once more. */
  | {
      readonly kind: "event";
      readonly source: string;
      readonly detailType: string;
      readonly detail: string;
      readonly label: string;
    }
  /** Call the function once more. */
  | { readonly kind: "call"; readonly functionArn: string; readonly payload: string; readonly label: string }
  /** A later one has done the same already. */
  | { readonly kind: "overtaken"; readonly label: string }
  | { readonly kind: "unreadable"; readonly label: string };

const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

const text = (value: unknown): string => (typeof value === "string" ? value : "");

const jobLabel = (detail: Fields): string => `job ${String(detail.build_id)} ${text(detail.build_status)}`;

/**
 * The source of what is sent again. The bus takes those of the webhook and the reconciler from the API and the
 * functions alone; the rules take an operator's word under this one (T-22).
 */
export const REDRIVE_SOURCE = "gitlab.redrive";
const OUR_SOURCES = ["gitlab.webhook", "gitlab.reconciler", REDRIVE_SOURCE];

/** As the rules on EC2's events name what they say. */
const NOTICES: Readonly<Record<string, InterruptionCode>> = {
  "EC2 Spot Instance Interruption Warning": "spot-interruption",
  "EC2 Instance Rebalance Recommendation": "rebalance-recommendation",
};

const stopCode = ({ state }: Fields, detailType: string): StopCode | undefined =>
  state === undefined ? NOTICES[detailType] : codeOf(INSTANCE_STATE_CODES, `instance-${text(state)}`);

/** An event from EC2 cannot be put by us; what it said can. */
const instanceEvent = (detail: Fields, detailType: string): DlqMessage => {
  const resourceId = text(detail["instance-id"]);
  if (!/^i-[0-9a-f]{8,17}$/.test(resourceId)) return { kind: "unreadable", label: detailType };
  const reason = stopCode(detail, detailType);
  if (reason === undefined) return { kind: "unreadable", label: `${detailType} of ${resourceId}` };
  return {
    kind: "event",
    source: REDRIVE_SOURCE,
    detailType: "RunnerEnded",
    detail: JSON.stringify({ resourceId, reason }),
    label: `${resourceId}: ${reason}`,
  };
};

const busEvent = (body: Fields): DlqMessage => {
  const { source, detail } = body;
  const detailType = text(body["detail-type"]);
  if (source === "aws.events") return { kind: "overtaken", label: "a pass's minute" };
  if (!isFields(detail)) return { kind: "unreadable", label: detailType };
  if (source === "aws.ec2") return instanceEvent(detail, detailType);
  if (!OUR_SOURCES.includes(text(source))) return { kind: "unreadable", label: `source ${text(source)}` };
  const label = detailType === "GitLabJobEvent" ? jobLabel(detail) : detailType;
  return { kind: "event", source: REDRIVE_SOURCE, detailType, detail: JSON.stringify(detail), label };
};

/** As Lambda describes a call that it gave up. https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html */
const functionCall = (context: Fields, payload: unknown): DlqMessage => {
  const arn = parseFunctionArn(context.functionArn);
  if (arn === undefined) return { kind: "unreadable", label: "a function's call" };
  if (/reconciler/i.test(arn.name)) return { kind: "overtaken", label: "a pass's minute" };
  return {
    kind: "call",
    functionArn: text(context.functionArn).replace(/:\$LATEST$/, ""),
    payload: JSON.stringify(payload ?? null),
    label: `${arn.name}${isFields(payload) ? ` for ${jobLabel(payload)}` : ""}`,
  };
};

/**
 * Reads a DLQ message: an event that a rule could not deliver, as it came or as the rule had shortened it, or
 * a call that a function failed.
 */
export const readDlqMessage = (messageBody: string): DlqMessage => {
  const body = parse(messageBody);
  if (!isFields(body)) return { kind: "unreadable", label: "no JSON" };
  if (isFields(body.requestContext)) return functionCall(body.requestContext, body.requestPayload);
  if (body.object_kind === "build") {
    const detail = JSON.stringify(body);
    return {
      kind: "event",
      source: REDRIVE_SOURCE,
      detailType: "GitLabJobEvent",
      detail,
      label: jobLabel(body),
    };
  }
  return "source" in body ? busEvent(body) : { kind: "unreadable", label: "unknown form" };
};
