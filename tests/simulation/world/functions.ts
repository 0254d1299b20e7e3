import type { Dependencies } from "../../../AutoScaler/src/dependencies";
import { isSkipped } from "../../../AutoScaler/src/hints/ask-gitlab";
import { parseHint } from "../../../AutoScaler/src/hints/parse-hint";
import { recordPickUp } from "../../../AutoScaler/src/pickup/record-pick-up";
import { parseFreed } from "../../../AutoScaler/src/queue/freed";
import { startNextJob } from "../../../AutoScaler/src/queue/start-next-job";
import { reconcile } from "../../../AutoScaler/src/reconcile/reconcile";
import { parseFailure } from "../../../AutoScaler/src/start/failure-input";
import { lookUpRunner, malformedLookUp } from "../../../AutoScaler/src/start/look-up-runner";
import { recordFailure } from "../../../AutoScaler/src/start/record-failure";
import { parseRunnerOrder } from "../../../AutoScaler/src/start/runner-order-input";
import { startRunner } from "../../../AutoScaler/src/start/start-runner";
import { parseEndOrder, parseEndResult } from "../../../AutoScaler/src/stop/end-input";
import { NO_RUNNERS } from "../../../AutoScaler/src/stop/end-order";
import { findRunner } from "../../../AutoScaler/src/stop/find-runner";
import { parseEndReportEvent } from "../../../AutoScaler/src/stop/report/end-report-event";
import { recordEndReport } from "../../../AutoScaler/src/stop/report/record-end-report";
import { parseStopEvent } from "../../../AutoScaler/src/stop/stop-event";
import { terminateInstance } from "../../../AutoScaler/src/stop/terminate-instance";
import { unregisterRunner } from "../../../AutoScaler/src/stop/unregister-runner";
import { parseJobEvent } from "../../../Core/model/job-event";
import type { Provider } from "../../../Core/model/runner-class";
import type { RoutingSettings } from "../../../Core/routing/routing-settings";

/** The rules' dependencies before a runner's provider is known. */
export interface FunctionDependencies extends Omit<Dependencies, "provider"> {
  launchingOn(provider: Provider): Dependencies;
}

export interface ShippedFunction {
  readonly run: (world: FunctionDependencies, input: unknown, routing: RoutingSettings) => Promise<unknown>;
}

/** The functions as their handlers run them: parse the input, then call the rule. */
export const FUNCTIONS = {
  LookUpRunnerFunction: {
    run: async (world, input, routing) => {
      const event = parseHint(world, input, parseJobEvent);
      const lookUp = isSkipped(event) ? malformedLookUp(event) : await lookUpRunner(world, event, routing);
      return lookUp.lookup;
    },
  },
  StartLambdaRunnerFunction: {
    run: (world, input) => startRunner(world.launchingOn("LAMBDA"), parseRunnerOrder(input, "LAMBDA")),
  },
  StartEc2RunnerFunction: {
    run: (world, input) => startRunner(world.launchingOn("EC2"), parseRunnerOrder(input, "EC2")),
  },
  StartMicroVmRunnerFunction: {
    run: (world, input) => startRunner(world.launchingOn("MICROVM"), parseRunnerOrder(input, "MICROVM")),
  },
  RecordPickUpFunction: {
    run: async (world, input) => {
      const event = parseHint(world, input, parseJobEvent);
      return isSkipped(event) ? { kind: "nothing", reason: event.skipped } : recordPickUp(world, event);
    },
  },
  FindRunnerFunction: {
    run: async (world, input) => {
      const event = parseHint(world, input, parseStopEvent);
      return isSkipped(event) ? NO_RUNNERS : findRunner(world, event);
    },
  },
  RecordEndReportFunction: {
    run: (world, input) => recordEndReport(world, parseEndReportEvent(input)),
  },
  UnregisterRunnerFunction: {
    run: (world, input) => unregisterRunner(world, parseEndOrder(input)),
  },
  TerminateInstanceFunction: {
    run: (world, input) => terminateInstance(world, parseEndResult(input)),
  },
  StartNextJobFunction: {
    run: (world, input) => startNextJob(world, parseFreed(input)),
  },
  RecordFailureFunction: {
    run: (world, input) => recordFailure(world, parseFailure(input)),
  },
  ReconcilerFunction: {
    run: (world, _input, routing) => reconcile(world, routing),
  },
} as const satisfies Readonly<Record<string, ShippedFunction>>;

export type FunctionName = keyof typeof FUNCTIONS;
