import { GetRoleCommand, IAMClient } from "@aws-sdk/client-iam";
import { GetAccountSettingsCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { GetServiceQuotaCommand, ServiceQuotasClient } from "@aws-sdk/client-service-quotas";
import { GetParametersCommand, GetServiceSettingCommand, SSMClient } from "@aws-sdk/client-ssm";
import type { Upstream } from "../../gateway";
import { type GatewayUnderTest, startGatewayUnderTest } from "../../gateway/testing/gateway-under-test";
import { ACCOUNT_IN_USE, type AccountLimits, NEW_ACCOUNT } from "../../limits/account-limits";
import { metLimits } from "../../limits/met-limits";
import { withAccount } from "./account-answers";
import { withLimits } from "./with-limits";

let given: GatewayUnderTest;
beforeEach(async () => {
  given = await startGatewayUnderTest();
});
afterEach(() => given.close());

const settings = () => ({
  endpoint: given.endpoint,
  region: "eu-west-1",
  credentials: given.operator,
  maxAttempts: 1,
});

/** What stands behind says that there is nothing. */
const behind: Upstream = async (_call, response) => {
  const error = "<ErrorResponse><Error><Code>NoSuchEntity</Code></Error></ErrorResponse>";
  response.writeHead(404, { "content-type": "text/xml" }).end(error);
};

const CALLS = [
  "lambda GetAccountSettings",
  "servicequotas GetServiceQuota",
  "ssm GetServiceSetting",
  "iam GetRole",
];
const answering = (limits: AccountLimits): void => {
  for (const call of CALLS) given.handlers[call] = withAccount(limits, behind);
};

const asked = async () => {
  const lambda = await new LambdaClient(settings()).send(new GetAccountSettingsCommand({}));
  const quotas = new ServiceQuotasClient(settings());
  const quota = async (QuotaCode: string) =>
    (await quotas.send(new GetServiceQuotaCommand({ ServiceCode: "ec2", QuotaCode }))).Quota?.Value;
  const SettingId = "/ssm/parameter-store/high-throughput-enabled";
  const { ServiceSetting } = await new SSMClient(settings()).send(
    new GetServiceSettingCommand({ SettingId }),
  );
  const role = await new IAMClient(settings())
    .send(new GetRoleCommand({ RoleName: "AWSServiceRoleForEC2Spot" }))
    .then(
      ({ Role }) => Role?.RoleName,
      (error: Error) => error.name,
    );
  return [
    lambda.AccountLimit?.ConcurrentExecutions,
    await quota("L-1216C47A"),
    await quota("L-34B43A08"),
    [await quota("L-CD1C0CC4"), await quota("L-535CA9B6"), await quota("L-91B95582")],
    ServiceSetting?.SettingValue,
    role,
  ];
};

describe("an account's answers", () => {
  it.each([
    ["a new account", NEW_ACCOUNT, [10, 5, 5, [400, 5, 5], "false", "NoSuchEntityException"]],
    [
      "an account in use",
      ACCOUNT_IN_USE,
      [1_000, 1_024, 1_024, [400, 5, 5], "true", "AWSServiceRoleForEC2Spot"],
    ],
  ])("are those of %s to AWS's own clients", async (_, limits, answers) => {
    answering(limits);
    expect(await asked()).toEqual(answers);
  });
});

describe("withLimits", () => {
  it("throttles reads of Parameter Store beyond the limit as the service does, and counts them", async () => {
    // One in a second: twenty take less than twenty seconds on any machine.
    const parameterStoreReads = { ...NEW_ACCOUNT.parameterStoreReads, value: 1 };
    const account = metLimits({ ...NEW_ACCOUNT, parameterStoreReads });
    const none: Upstream = async (_call, response) =>
      void response.writeHead(200, { "content-type": "application/x-amz-json-1.1" }).end('{"Parameters":[]}');
    given.handlers["ssm GetParameters"] = withLimits(account, none);
    const client = new SSMClient(settings());
    const read = () => client.send(new GetParametersCommand({ Names: ["/gitlabrunner/Url"] }));
    const outcomes = await Promise.allSettled(Array.from({ length: 20 }, read));
    const refused = outcomes.filter(({ status }) => status === "rejected") as PromiseRejectedResult[];
    expect(refused.length).toBeGreaterThan(0);
    for (const { reason } of refused)
      expect(reason).toMatchObject({
        name: "ThrottlingException",
        message: "Rate exceeded",
        $metadata: { httpStatusCode: 400 },
      });
    expect(account.list()).toEqual([{ name: "Parameter Store reads", value: 1, refused: refused.length }]);
  });
});
