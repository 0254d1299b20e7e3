import { GetItemCommand } from "@aws-sdk/client-dynamodb";
import { PutEventsCommand } from "@aws-sdk/client-eventbridge";
import { awsCalls } from "./aws-calls";
import { arn, role, roleArn } from "./fake-deployed";
import { type GatewayUnderTest, startGatewayUnderTest } from "./gateway-under-test";

export const TABLE = arn("dynamodb", "table/ledger");

export const getItem = (key = "job#1") =>
  new GetItemCommand({ TableName: "ledger", Key: { pk: { S: key } } });

export const put = (Source: string) =>
  new PutEventsCommand({ Entries: [{ EventBusName: "runners", Source, DetailType: "d", Detail: "{}" }] });

/** A gateway with the ledger's table deployed, and calls as sessions of roles. */
export const startWithLedger = async () => {
  const given: GatewayUnderTest = await startGatewayUnderTest();
  given.state.tables[TABLE] = { partitionKey: "pk", indexes: {} };
  const session = (name = "reader") =>
    given.credentials.issue({ kind: "role", roleArn: roleArn(name), sessionName: "one" }, 900);
  return Object.assign(given, {
    session,
    deployRole: (...parameters: Parameters<typeof role>) => {
      given.state.roles[roleArn(parameters[0])] = role(...parameters);
    },
    as: (credentials = session()) => awsCalls(given.endpoint, credentials),
  });
};
