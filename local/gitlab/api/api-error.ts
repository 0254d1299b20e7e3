/** An error answer of GitLab: `{"message": …}`, or `{"error": …}` for parameters. */
export class ApiError extends Error {
  override readonly name = "ApiError";

  constructor(
    readonly status: number,
    readonly body: Readonly<Record<string, unknown>>,
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(JSON.stringify(body));
  }
}

export const unauthorized = (): ApiError => new ApiError(401, { message: "401 Unauthorized" });

export const forbidden = (reason?: string, headers: Record<string, string> = {}): ApiError =>
  new ApiError(
    403,
    { message: reason === undefined ? "403 Forbidden" : `403 Forbidden - ${reason}` },
    headers,
  );

export const notFound = (what?: string): ApiError =>
  new ApiError(404, { message: what === undefined ? "404 Not found" : `404 ${what} Not Found` });

export const badParameter = (error: string): ApiError => new ApiError(400, { error });

export const badRequest = (message: string): ApiError =>
  new ApiError(400, { message: `400 Bad request - ${message}` });
