/** An error of Lambda's API for MicroVMs, by the name that its clients know. */
export class MicroVmError extends Error {
  override readonly name = "MicroVmError";
  constructor(
    readonly code: keyof typeof STATUS,
    message: string,
  ) {
    super(message);
  }

  get status(): number {
    return STATUS[this.code];
  }
}

/** https://docs.aws.amazon.com/lambda/latest/microvm-api/API_RunMicrovm.html#API_RunMicrovm_Errors */
const STATUS = {
  ValidationException: 400,
  ServiceQuotaExceededException: 402,
  AccessDeniedException: 403,
  ResourceNotFoundException: 404,
  ConflictException: 409,
  ThrottlingException: 429,
  InternalServerException: 500,
  InsufficientCapacityException: 500,
} as const;

export type MicroVmErrorCode = keyof typeof STATUS;
