import { ExecuteStatementCommand, GetItemCommand, ScanCommand } from "@aws-sdk/client-dynamodb";
import { TerminateInstancesCommand } from "@aws-sdk/client-ec2";
import { PutEventsCommand } from "@aws-sdk/client-eventbridge";
import { ListFunctionsCommand } from "@aws-sdk/client-lambda";
import { awsCalls } from "../testing/aws-calls";
import { ACCOUNT, allow, arn, policy, role, roleArn } from "../testing/fake-deployed";
import { type GatewayUnderTest, startGatewayUnderTest } from "../testing/gateway-under-test";

const TABLE = arn("dynamodb", "table/ledger");
const BUS = arn("events", "event-bus/runners");

let given: GatewayUnderTest;
beforeEach(async () => {
  given = await startGatewayUnderTest();
  given.state.tables[TABLE] = { partitionKey: "pk", indexes: {} };
});
afterEach(() => given.close());

const deployRole = (...parameters: Parameters<typeof role>) => {
  given.state.roles[roleArn(parameters[0])] = role(...parameters);
};
const session = (name = "reader") =>
  given.credentials.issue({ kind: "role", roleArn: roleArn(name), sessionName: "one" }, 900);
const as = (credentials = session()) => awsCalls(given.endpoint, credentials);
const getItem = (key = "job#1") => new GetItemCommand({ TableName: "ledger", Key: { pk: { S: key } } });
const put = (Source: string) =>
  new PutEventsCommand({ Entries: [{ EventBusName: "runners", Source, DetailType: "d", Detail: "{}" }] });

describe("a role", () => {
  it("does what it may", async () => {
    deployRole("reader", [policy("read", allow("dynamodb:GetItem", TABLE))]);
    await as().dynamodb.send(getItem());
    expect(given.upstream.taken()).toHaveLength(1);
  });

  it("is refused what it may not, with the reason", async () => {
    deployRole("reader", [policy("read", allow("dynamodb:GetItem", TABLE))]);
    await expect(as().dynamodb.send(new ScanCommand({ TableName: "ledger" }))).rejects.toMatchObject({
      name: "AccessDeniedException",
      message: `User: arn:aws:sts::${ACCOUNT}:assumed-role/reader/one is not authorized to perform: dynamodb:Scan on resource: ${TABLE} because no identity-based policy allows the dynamodb:Scan action`,
    });
    expect(given.upstream.taken()).toEqual([]);
  });

  it("is judged by what is deployed at that moment", async () => {
    deployRole("reader", [policy("read", allow("dynamodb:GetItem", TABLE))]);
    const { dynamodb } = as();
    await dynamodb.send(getItem());
    deployRole("reader", [policy("read", allow("dynamodb:PutItem", TABLE))]);
    await expect(dynamodb.send(getItem())).rejects.toMatchObject({ name: "AccessDeniedException" });
    delete given.state.roles[roleArn("reader")];
    await expect(dynamodb.send(getItem())).rejects.toThrow("is not deployed");
  });

  it("is held by its boundary", async () => {
    deployRole(
      "reader",
      [policy("all", allow("*", "*"))],
      policy("boundary", allow("dynamodb:PutItem", "*")),
    );
    await expect(as().dynamodb.send(getItem())).rejects.toThrow("no permissions boundary allows");
  });

  it("is held to its own rows by a condition on the leading key", async () => {
    const own = { "ForAllValues:StringEquals": { "dynamodb:LeadingKeys": [`$${"{aws:userid}"}`] } };
    deployRole("reader", [policy("own", allow("dynamodb:GetItem", TABLE, own))]);
    await as().dynamodb.send(getItem("AROAREADER:one"));
    await expect(as().dynamodb.send(getItem("AROAREADER:two"))).rejects.toMatchObject({
      name: "AccessDeniedException",
    });
  });

  it("is held by the tags of what it calls", async () => {
    const ours = { StringEquals: { "aws:ResourceTag/glr:stack": "runners-a" } };
    deployRole("reader", [policy("end", allow("ec2:TerminateInstances", "*", ours))]);
    given.state.tags[arn("ec2", "instance/i-1")] = { "glr:stack": "runners-a" };
    await as().ec2.send(new TerminateInstancesCommand({ InstanceIds: ["i-1"] }));
    const both = new TerminateInstancesCommand({ InstanceIds: ["i-1", "i-2"] });
    await expect(as().ec2.send(both)).rejects.toMatchObject({ name: "UnauthorizedOperation" });
  });

  it("is refused what nothing is known of", async () => {
    deployRole("reader", [policy("all", allow("*", "*"))]);
    const statement = new ExecuteStatementCommand({ Statement: "SELECT * FROM ledger" });
    await expect(as().dynamodb.send(statement)).rejects.toThrow("does not know which rights");
    await expect(as().lambda.send(new ListFunctionsCommand({}))).rejects.toMatchObject({
      name: "AccessDeniedException",
    });
    expect(given.upstream.taken()).toEqual([]);
  });
});

describe("a resource's policy", () => {
  const refuseForged = policy("bus", {
    Effect: "Deny",
    Principal: "*",
    Action: "events:PutEvents",
    Resource: BUS,
    Condition: {
      "ForAnyValue:StringEquals": { "events:source": ["gitlab.webhook"] },
      ArnNotEquals: { "aws:PrincipalArn": roleArn("webhook") },
    },
  });
  it("T-22: keeps everybody but the API from speaking as the webhook, the operator too", async () => {
    given.state.policies[BUS] = [refuseForged];
    const rights = [policy("all", allow("events:PutEvents", "*"))];
    deployRole("webhook", rights);
    deployRole("admin", rights);
    await as(session("webhook")).events.send(put("gitlab.webhook"));
    await as(session("admin")).events.send(put("gitlab.reconciler"));
    for (const who of [session("admin"), given.operator]) {
      await expect(as(who).events.send(put("gitlab.webhook"))).rejects.toThrow(
        "with an explicit deny in a resource-based policy",
      );
    }
  });
});
