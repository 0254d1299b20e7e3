/**
 * The concurrency of an account: all its functions together, whoever invokes them.
 * https://docs.aws.amazon.com/lambda/latest/dg/lambda-concurrency.html
 */
export class LambdaConcurrency {
  busy = 0;
  mostBusy = 0;
  refused = 0;

  constructor(readonly limit: () => number) {}

  /** False: refused with 429. */
  enter(): boolean {
    if (this.busy >= this.limit()) {
      this.refused += 1;
      return false;
    }
    this.busy += 1;
    this.mostBusy = Math.max(this.mostBusy, this.busy);
    return true;
  }

  leave(): void {
    this.busy -= 1;
  }
}
