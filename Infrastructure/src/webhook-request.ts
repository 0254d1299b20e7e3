const ownField = (value: unknown, name: string): unknown =>
  typeof value === "object" && value !== null && Object.hasOwn(value, name)
    ? (value as Record<string, unknown>)[name]
    : undefined;

/**
 * A header of an HTTP API's request event, of whatever type the event holds. Names come in lower case, and a
 * header sent twice comes as one value joined by a comma.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
 */
export const headerOf = (event: unknown, name: string): unknown => ownField(ownField(event, "headers"), name);

/** The address that a request comes from, as API Gateway saw it: no header says so. */
export const sourceAddressOf = (event: unknown): unknown =>
  ownField(ownField(ownField(event, "requestContext"), "http"), "sourceIp");

/** The body's bytes as they were sent; what is no text counts as sent without a body. */
export const bodyOf = (event: unknown): Buffer => {
  const body = ownField(event, "body");
  if (typeof body !== "string") return Buffer.alloc(0);
  return Buffer.from(body, ownField(event, "isBase64Encoded") === true ? "base64" : "utf8");
};
