import { MicroVmError, type MicroVmErrorCode } from "./api/errors";

/** Instructions to the laptop's MicroVMs. The fields are independent of each other. */
export interface MicroVmControl {
  /** Forgets all faults. */
  readonly reset?: boolean;
  /** The next calls of an operation fail and have no effect; once, unless `times` says otherwise. */
  readonly errors?: readonly {
    readonly operation?: string;
    readonly code: MicroVmErrorCode;
    readonly times?: number;
  }[];
  /** The next launches take effect, but the connection breaks before their answer. */
  readonly loseAnswers?: number;
  /** Memory and launches a second. */
  readonly limits?: { readonly memoryGB?: number; readonly launchesPerSecond?: number };
}

/** Faults that tests inject. */
export class MicroVmFaults {
  private planned: { operation: string; code: MicroVmErrorCode; left: number }[] = [];
  private lost = 0;

  apply({ reset, errors = [], loseAnswers }: MicroVmControl): void {
    if (reset) this.planned = [];
    if (reset) this.lost = 0;
    for (const { operation = "RunMicrovm", code, times = 1 } of errors)
      this.planned.push({ operation, code, left: times });
    this.lost = loseAnswers ?? this.lost;
  }

  /** @throws MicroVmError when an error is planned for the operation */
  check(operation: string): void {
    const error = this.planned.find((one) => one.operation === operation && one.left > 0);
    if (error === undefined) return;
    error.left -= 1;
    throw new MicroVmError(error.code, `${error.code}, as planned`);
  }

  isAnswerLost(operation: string): boolean {
    if (this.lost < 1 || operation !== "RunMicrovm") return false;
    this.lost -= 1;
    return true;
  }
}
