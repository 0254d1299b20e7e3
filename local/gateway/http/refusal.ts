import { randomUUID } from "node:crypto";

/** Why a request is refused. */
export interface GatewayRefusal {
  /** AWS's name for it, as its documents list it. */
  readonly code: string;
  readonly message: string;
}

export interface RefusalAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

type Form = (refusal: GatewayRefusal, requestId: string) => RefusalAnswer;

const ESCAPES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
const escapeXml = (text: string): string => text.replace(/[&<>"]/g, (character) => ESCAPES[character] ?? "");

/** The names that a protocol has for what others call differently. */
const named = (names: Readonly<Record<string, string>>, code: string): string => names[code] ?? code;

const JSON_NAMES = {
  AccessDenied: "AccessDeniedException",
  IncompleteSignature: "IncompleteSignatureException",
  MissingAuthenticationToken: "MissingAuthenticationTokenException",
  RequestTimeTooSkewed: "InvalidSignatureException",
  SignatureDoesNotMatch: "InvalidSignatureException",
  XAmzContentSHA256Mismatch: "InvalidSignatureException",
} as const;

const xmlAnswer = (status: number, requestId: string, inner: string): RefusalAnswer => ({
  status,
  headers: { "content-type": "text/xml", "x-amzn-requestid": requestId },
  body: `<?xml version="1.0" encoding="UTF-8"?>\n${inner}`,
});

const FORBIDDEN = 403;
/** JSON services answer a missing right with 400. https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html */
const BAD_REQUEST = 400;

/** Of JSON services. https://docs.aws.amazon.com/systems-manager/latest/APIReference/CommonErrors.html */
const IS_BAD_REQUEST: readonly string[] = ["AccessDenied", "ThrottlingException"];

const json =
  (version: "1.0" | "1.1"): Form =>
  ({ code, message }, requestId) => {
    const name = named(JSON_NAMES, code);
    return {
      status: IS_BAD_REQUEST.includes(code) ? BAD_REQUEST : FORBIDDEN,
      headers: {
        "content-type": `application/x-amz-json-${version}`,
        "x-amzn-requestid": requestId,
        "x-amzn-errortype": name,
      },
      body: JSON.stringify({ __type: `com.amazon.coral.service#${name}`, message, Message: message }),
    };
  };

const restJson: Form = ({ code, message }, requestId) => {
  const name = named(JSON_NAMES, code);
  return {
    status: FORBIDDEN,
    headers: {
      "content-type": "application/json",
      "x-amzn-requestid": requestId,
      "x-amzn-errortype": name,
    },
    body: JSON.stringify({ Message: message }),
  };
};

const query: Form = ({ code, message }, requestId) => {
  const name = named({ UnrecognizedClientException: "InvalidClientTokenId" }, code);
  const error = `<Error><Type>Sender</Type><Code>${name}</Code><Message>${escapeXml(message)}</Message></Error>`;
  const inner = `<ErrorResponse>${error}<RequestId>${requestId}</RequestId></ErrorResponse>`;
  return xmlAnswer(FORBIDDEN, requestId, inner);
};

const EC2_NAMES = {
  AccessDenied: "UnauthorizedOperation",
  UnrecognizedClientException: "AuthFailure",
} as const;

const ec2: Form = ({ code, message }, requestId) => {
  const name = named(EC2_NAMES, code);
  const text =
    name === "UnauthorizedOperation"
      ? `You are not authorized to perform this operation. ${message}`
      : message;
  const error = `<Error><Code>${name}</Code><Message>${escapeXml(text)}</Message></Error>`;
  const inner = `<Response><Errors>${error}</Errors><RequestID>${requestId}</RequestID></Response>`;
  return xmlAnswer(FORBIDDEN, requestId, inner);
};

const S3_NAMES = {
  MissingAuthenticationToken: "AccessDenied",
  UnrecognizedClientException: "InvalidAccessKeyId",
} as const;

const s3: Form = ({ code, message }, requestId) => {
  const name = named(S3_NAMES, code);
  const inner = `<Error><Code>${name}</Code><Message>${escapeXml(message)}</Message><RequestId>${requestId}</RequestId></Error>`;
  return { ...xmlAnswer(FORBIDDEN, requestId, inner), headers: { "content-type": "application/xml" } };
};

/** SQS tells also what its older protocol would say. */
const sqs: Form = (refusal, requestId) => {
  const answer = json("1.0")(refusal, requestId);
  return {
    ...answer,
    status: FORBIDDEN,
    headers: { ...answer.headers, "x-amzn-query-error": `${refusal.code};Sender` },
  };
};

const FORMS: Readonly<Record<string, Form>> = {
  cloudformation: query,
  dynamodb: json("1.0"),
  ec2,
  events: json("1.1"),
  iam: query,
  lambda: restJson,
  logs: json("1.1"),
  monitoring: query,
  s3,
  scheduler: restJson,
  servicequotas: json("1.1"),
  sns: query,
  sqs,
  ssm: json("1.1"),
  states: json("1.0"),
  sts: query,
};

/** The form of who does not even say for which service it signed: by what its request looks like. */
const guess = (contentType: string): Form => {
  if (contentType.includes("x-amz-json-1.0")) return json("1.0");
  if (contentType.includes("x-amz-json-1.1")) return json("1.1");
  return contentType.includes("x-www-form-urlencoded") ? query : restJson;
};

/**
 * A refusal in the form that the service's clients read.
 *
 * @param service the name under which the request is signed, if it is
 */
export const refusalAnswer = (
  refusal: GatewayRefusal,
  service: string | undefined,
  contentType: string,
): RefusalAnswer => {
  const form = service !== undefined && Object.hasOwn(FORMS, service) ? FORMS[service] : undefined;
  return (form ?? guess(contentType))(refusal, randomUUID());
};
