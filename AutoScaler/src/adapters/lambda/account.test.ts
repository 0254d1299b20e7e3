import { GetAccountSettingsCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { mockClient } from "aws-sdk-client-mock";
import { lambdaAccount } from "./account";
import { lambdaClient } from "./client";

const prepare = () => ({ mock: mockClient(LambdaClient), account: lambdaAccount(lambdaClient()) });

describe("the account's concurrency", () => {
  it("F-77: is what Lambda grants all functions together", async () => {
    const { mock, account } = prepare();
    mock.on(GetAccountSettingsCommand).resolves({ AccountLimit: { ConcurrentExecutions: 10 } });
    expect(await account.concurrency()).toBe(10);
    mock.on(GetAccountSettingsCommand).resolves({});
    expect(await account.concurrency()).toBeUndefined();
  });

  it.each([
    ["AccessDeniedException", "ConfigurationError"],
    ["TooManyRequestsException", "TransientError"],
  ])("that Lambda refuses with %s throws %s, which names the call", async (name, thrown) => {
    const { mock, account } = prepare();
    mock.on(GetAccountSettingsCommand).rejects(Object.assign(new Error(), { name }));
    await expect(account.concurrency()).rejects.toMatchObject({
      name: thrown,
      message: expect.stringContaining("GetAccountSettings"),
    });
  });
});
