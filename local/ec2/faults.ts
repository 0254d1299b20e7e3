import { Ec2Error } from "./api/errors";

/** An error to come: at the next calls of an action (`CreateFleet` when none is named), before any effect. */
export interface PlannedError {
  readonly action?: string;
  readonly code: string;
  readonly message?: string;
  /** How many calls fail; 1 when not given. */
  readonly times?: number;
}

/** What goes wrong on demand. */
export class Ec2Faults {
  private planned: (PlannedError & { left: number })[] = [];
  private lost = 0;
  private flaky = 0;

  plan(error: PlannedError): void {
    this.planned.push({ ...error, left: error.times ?? 1 });
  }

  /** The answers of the next launch calls are lost: the effect is there, the connection breaks. */
  loseAnswers(count: number): void {
    this.lost = count;
  }

  /** So many requests to any instance's metadata service break. */
  failMetadata(count: number): void {
    this.flaky = count;
  }

  clear(): void {
    this.planned = [];
    this.lost = 0;
    this.flaky = 0;
  }

  /** @throws Ec2Error when an error is planned for the action */
  check(action: string): void {
    const error = this.planned.find((one) => (one.action ?? "CreateFleet") === action && one.left > 0);
    if (error === undefined) return;
    error.left -= 1;
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
