/** One call of a function, as a worker or process receives it. */
export interface FunctionCall {
  readonly requestId: string;
  readonly event: unknown;
  readonly functionName: string;
  readonly functionArn: string;
  /** Milliseconds since 1970. */
  readonly deadline: number;
}

/** The answer of a failed call, as in Lambda. */
export interface FunctionError {
  readonly errorType: string;
  readonly errorMessage: string;
}

export type CallOutcome = { readonly result: unknown } | { readonly error: FunctionError };

/** What was deployed: an archive and its hash, in base64, or an image. */
export type FunctionCode =
  | { readonly kind: "zip"; readonly sha256: string; readonly location: string }
  | { readonly kind: "image"; readonly uri: string };

/** The parts of a function's configuration that the host uses. */
export interface FunctionSettings {
  readonly functionName: string;
  /** Its name in the template; its own where no stack made it. */
  readonly functionId: string;
  readonly code: FunctionCode;
  readonly roleArn: string;
  /** e.g. `look-up-runner.handler` */
  readonly handler: string;
  /** Each call is a tenant's of its own. The engine drops TenancyConfig, so the function's variable tells. */
  readonly isolatesTenants: boolean;
  readonly timeoutSeconds: number;
  readonly memoryMiB: number;
  /** Where its lines go. Absent: they are kept nowhere but in the run's folder. */
  readonly logGroup?: string;
  /** Lambda writes its own lines as JSON. */
  readonly logsJson: boolean;
  readonly variables: Readonly<Record<string, string>>;
}

export const timedOut = (seconds: number): CallOutcome => ({
  error: { errorType: "Sandbox.Timedout", errorMessage: `Task timed out after ${seconds}.00 seconds` },
});

export const crashed = (why: string): CallOutcome => ({
  error: { errorType: "Runtime.ExitError", errorMessage: `The function's process ended: ${why}` },
});
