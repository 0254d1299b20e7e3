/** An error answer of EC2. */
export class Ec2Error extends Error {
  constructor(
    readonly code: string,
    message: string,
    readonly status = code === "RequestLimitExceeded" ? 503 : code.startsWith("Internal") ? 500 : 400,
  ) {
    super(message);
  }
}

export const notFound = (instanceId: string): Ec2Error =>
  new Ec2Error("InvalidInstanceID.NotFound", `The instance ID '${instanceId}' does not exist`);
