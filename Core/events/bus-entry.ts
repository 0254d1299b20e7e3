/**
 * Events for others: what happens to runners and jobs, put on the bus for rules that are not ours. docs/events.md describes
 * them; docs/events.schema.json holds their shape.
 */

/** The source of these events, which only this deployment's workflows and its pick-up may use. */
export const EVENT_SOURCE = "gitlab.runners";

/** Raised when a field is removed, renamed or means something else; new fields raise nothing. */
export const EVENT_VERSION = 1;

export const RUNNER_EVENT_TYPES = [
  "RunnerStarted",
  "RunnerEnded",
  "JobStartFailed",
  "QueueTimeObjectiveMissed",
  "QueueTimeObjectiveAlarm",
] as const;
export type RunnerEventType = (typeof RUNNER_EVENT_TYPES)[number];

/** An entry of EventBridge's PutEvents, by its names. */
export interface BusEntry {
  readonly Source: typeof EVENT_SOURCE;
  readonly DetailType: RunnerEventType;
  readonly EventBusName: string;
  /** JSON. */
  readonly Detail: string;
}

/**
 * @param deploymentId also the bus's name: AutoScaler's template refuses a bus with another one
 * @param detail a field that is undefined is left out
 */
export const busEntry = (deploymentId: string, type: RunnerEventType, detail: object): BusEntry => ({
  Source: EVENT_SOURCE,
  DetailType: type,
  EventBusName: deploymentId,
  Detail: JSON.stringify({ version: EVENT_VERSION, deployment: deploymentId, ...detail }),
});
