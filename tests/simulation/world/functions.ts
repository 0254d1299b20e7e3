import type { Dependencies } from "../../../AutoScaler/src/domain/dependencies";
import { parseEndOrder, parseEndResult } from "../../../AutoScaler/src/domain/end-input";
import { parseFailure } from "../../../AutoScaler/src/domain/failure-input";
import { findRunner } from "../../../AutoScaler/src/domain/find-runner";
import { parseFreed } from "../../../AutoScaler/src/domain/freed";
import { lookUpRunner } from "../../../AutoScaler/src/domain/look-up-runner";
import { recordFailure } from "../../../AutoScaler/src/domain/record-failure";
import { recordPickUp } from "../../../AutoScaler/src/domain/record-pick-up";
import { parseRunnerOrder } from "../../../AutoScaler/src/domain/runner-order-input";
import { startNextJob } from "../../../AutoScaler/src/domain/start-next-job";
import { startRunner } from "../../../AutoScaler/src/domain/start-runner";
import { parseStopEvent } from "../../../AutoScaler/src/domain/stop-event";
import { sweep } from "../../../AutoScaler/src/domain/sweep/sweep";
import { terminateInstance } from "../../../AutoScaler/src/domain/terminate-instance";
import { unregisterRunner } from "../../../AutoScaler/src/domain/unregister-runner";
import { parseJobEvent } from "../../../Core/job-event";
import type { RoutingSettings } from "../../../Core/routing-settings";
import type { Carrier } from "../../../Core/runner-class";

/** The rules' world before it is known what a runner goes on. */
export interface FunctionWorld extends Omit<Dependencies, "provider"> {
  launchingOn(carrier: Carrier): Dependencies;
}

export interface ShippedFunction {
  readonly run: (world: FunctionWorld, input: unknown, routing: RoutingSettings) => Promise<unknown>;
}

/** The functions as their handlers enter the domain: parse, call the rule. */
export const FUNCTIONS = {
  LookUpRunnerFunction: {
    run: async (world, input, routing) => (await lookUpRunner(world, parseJobEvent(input), routing)).lookup,
  },
  StartLambdaRunnerFunction: {
    run: (world, input) => startRunner(world.launchingOn("LAMBDA"), parseRunnerOrder(input, "LAMBDA")),
  },
  StartEc2RunnerFunction: {
    run: (world, input) => startRunner(world.launchingOn("EC2"), parseRunnerOrder(input, "EC2")),
  },
  RecordPickUpFunction: {
    run: (world, input) => recordPickUp(world, parseJobEvent(input)),
  },
  FindRunnerFunction: {
    run: (world, input) => findRunner(world, parseStopEvent(input)),
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
  SweepFunction: {
    run: (world, _input, routing) => sweep(world, routing),
  },
} as const satisfies Readonly<Record<string, ShippedFunction>>;

export type FunctionName = keyof typeof FUNCTIONS;
