import type { InstallFailure } from "../../Core/model/reasons";
import { Ec2Error } from "./api/errors";

/** An error that the next calls of an action return (default: `CreateFleet`). The calls have no effect. */
export interface PlannedError {
  readonly action?: string;
  readonly code: string;
  readonly message?: string;
  /** Number of calls that fail; default 1. */
  readonly times?: number;
}

/** How installations on plain images fail. */
export interface InstallFault {
  readonly failure: InstallFailure;
  /** Seconds after which the machine gives up, instead of three minutes: nobody waits so long for what is slow. */
  readonly seconds?: number;
}

/** Faults that tests inject. */
export class Ec2Faults {
  private planned: (PlannedError & { remaining: number })[] = [];
  private lost = 0;
  private flaky = 0;
  private install: InstallFault | undefined;

  plan(error: PlannedError): void {
    this.planned.push({ ...error, remaining: error.times ?? 1 });
  }

  /** The next launch calls take effect, but the connection breaks before their answer. */
  loseAnswers(count: number): void {
    this.lost = count;
  }

  /** This many requests to metadata services fail, whatever the instance. */
  failMetadata(count: number): void {
    this.flaky = count;
  }

  /** Installations on machines that boot from now on fail in this way, or no longer. */
  failInstallations(fault: InstallFault | undefined): void {
    this.install = fault;
  }

  installFault(): InstallFault | undefined {
    return this.install;
  }

  clear(): void {
    this.planned = [];
    this.lost = 0;
    this.flaky = 0;
    this.install = undefined;
  }

  /** @throws Ec2Error when an error is planned for the action */
  check(action: string): void {
    const error = this.planned.find((one) => (one.action ?? "CreateFleet") === action && one.remaining > 0);
    if (error === undefined) return;
    error.remaining -= 1;
    throw new Ec2Error(error.code, error.message ?? `${error.code}, as planned`);
  }

  isAnswerLost(action: string): boolean {
    if (this.lost < 1 || !["CreateFleet", "RunInstances"].includes(action)) return false;
    this.lost -= 1;
    return true;
  }

  isMetadataFlaky(): boolean {
    if (this.flaky < 1) return false;
    this.flaky -= 1;
    return true;
  }
}
