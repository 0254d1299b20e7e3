import type { Fields } from "../fields";
import { arnAt, type Need, type Operations, type Place, UnclearCallError } from "../need";

/** A call by path: what the path's places hold, decoded, the query, and the body as JSON. */
export interface PathInput {
  readonly labels: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  /** @throws UnclearCallError when it is no JSON object */
  readonly body: () => Fields;
}

/** `name`, `name:qualifier`, `account:function:name`, or an ARN. */
const FUNCTION =
  /^(?:arn:aws:lambda:[\w-]+:(?<account>\d{12}):function:|(?:\d{12}:)?function:)?(?<name>[\w-]+)(?::(?<qualifier>[\w$-]+))?$/;

const functionArn = (place: Place, reference: string | undefined, qualifier?: string | null): string => {
  const groups = FUNCTION.exec(reference ?? "")?.groups;
  if (groups?.name === undefined) throw new UnclearCallError(`${reference} names no function`);
  const version = groups.qualifier ?? qualifier;
  const full = version ? `function:${groups.name}:${version}` : `function:${groups.name}`;
  return arnAt({ ...place, account: groups.account ?? place.account }, "lambda", full);
};

const onFunction =
  (action: string) =>
  ({ labels, query }: PathInput, place: Place): readonly Need[] => [
    {
      action: `lambda:${action}`,
      resource: functionArn(place, labels.FunctionName, query.get("Qualifier")),
    },
  ];

/** https://docs.aws.amazon.com/service-authorization/latest/reference/list_awslambda.html */
export const LAMBDA: Operations<PathInput> = {
  Invoke: onFunction("InvokeFunction"),
  GetFunction: onFunction("GetFunction"),
  GetFunctionConfiguration: onFunction("GetFunctionConfiguration"),
  ListTags: ({ labels }, place) => [
    { action: "lambda:ListTags", resource: functionArn(place, labels.Resource) },
  ],
  GetAccountSettings: () => [{ action: "lambda:GetAccountSettings", resource: "*" }],
};

/** How Lambda's operations look on the wire. https://docs.aws.amazon.com/lambda/latest/api/API_Operations.html */
export const LAMBDA_PATHS: readonly (readonly [operation: string, method: string, path: string])[] = [
  ["Invoke", "POST", "/2015-03-31/functions/{FunctionName}/invocations"],
  ["GetFunction", "GET", "/2015-03-31/functions/{FunctionName}"],
  ["GetFunctionConfiguration", "GET", "/2015-03-31/functions/{FunctionName}/configuration"],
  ["ListTags", "GET", "/2017-03-31/tags/{Resource}"],
  ["GetAccountSettings", "GET", "/2016-08-19/account-settings"],
];
