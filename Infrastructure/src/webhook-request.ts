const ownField = (value: unknown, name: string): unknown =>
  typeof value === "object" && value !== null && Object.hasOwn(value, name)
    ? (value as Record<string, unknown>)[name]
    : undefined;

/**
 * A header of an HTTP API's request event, with its type unchecked. Names are in lower case. A header sent
 * twice is one value joined by a comma.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
 */
export const headerOf = (event: unknown, name: string): unknown => ownField(ownField(event, "headers"), name);

/** The address that a request comes from, as seen by API Gateway and not from a header. */
export const sourceAddressOf = (event: unknown): unknown =>
  ownField(ownField(ownField(event, "requestContext"), "http"), "sourceIp");

/** The body's bytes as sent. A body that is not text counts as empty. */
export const bodyOf = (event: unknown): Buffer => {
  const body = ownField(event, "body");
  if (typeof body !== "string") return Buffer.alloc(0);
  return Buffer.from(body, ownField(event, "isBase64Encoded") === true ? "base64" : "utf8");
};
