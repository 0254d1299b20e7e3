import { ExecuteStatementCommand, ScanCommand } from "@aws-sdk/client-dynamodb";
import { TerminateInstancesCommand } from "@aws-sdk/client-ec2";
import { ListFunctionsCommand } from "@aws-sdk/client-lambda";
import { ACCOUNT, allow, arn, policy, roleArn } from "../testing/fake-deployed";
import { getItem, put, startWithLedger, TABLE } from "../testing/with-ledger";

const BUS = arn("events", "event-bus/runners");

let given: Awaited<ReturnType<typeof startWithLedger>>;
beforeEach(async () => {
  given = await startWithLedger();
});
afterEach(() => given.close());

describe("a role", () => {
  it("does what it may", async () => {
    given.deployRole("reader", [policy("read", allow("dynamodb:GetItem", TABLE))]);
    await given.as().dynamodb.send(getItem());
    expect(given.upstream.taken()).toHaveLength(1);
  });

  it("is refused what it may not, with the reason", async () => {
    given.deployRole("reader", [policy("read", allow("dynamodb:GetItem", TABLE))]);
    await expect(given.as().dynamodb.send(new ScanCommand({ TableName: "ledger" }))).rejects.toMatchObject({
      name: "AccessDeniedException",
      message: `User: arn:aws:sts::${ACCOUNT}:assumed-role/reader/one is not authorized to perform: dynamodb:Scan on resource: ${TABLE} because no identity-based policy allows the dynamodb:Scan action`,
    });
    expect(given.upstream.taken()).toEqual([]);
  });

  it("is judged by what is deployed at that moment", async () => {
    given.deployRole("reader", [policy("read", allow("dynamodb:GetItem", TABLE))]);
    const { dynamodb } = given.as();
    await dynamodb.send(getItem());
    given.deployRole("reader", [policy("read", allow("dynamodb:PutItem", TABLE))]);
    await expect(dynamodb.send(getItem())).rejects.toMatchObject({ name: "AccessDeniedException" });
    delete given.state.roles[roleArn("reader")];
    await expect(dynamodb.send(getItem())).rejects.toThrow("is not deployed");
  });

  it("is held by its boundary", async () => {
    given.deployRole(
      "reader",
      [policy("all", allow("*", "*"))],
      policy("boundary", allow("dynamodb:PutItem", "*")),
    );
    await expect(given.as().dynamodb.send(getItem())).rejects.toThrow("no permissions boundary allows");
  });

  it("is held to its own rows by a condition on the leading key", async () => {
    const own = { "ForAllValues:StringEquals": { "dynamodb:LeadingKeys": [`$${"{aws:userid}"}`] } };
    given.deployRole("reader", [policy("own", allow("dynamodb:GetItem", TABLE, own))]);
    await given.as().dynamodb.send(getItem("AROAREADER:one"));
    await expect(given.as().dynamodb.send(getItem("AROAREADER:two"))).rejects.toMatchObject({
      name: "AccessDeniedException",
    });
  });

  it("is held by the tags of what it calls", async () => {
    const ours = { StringEquals: { "aws:ResourceTag/glr:stack": "runners-a" } };
    given.deployRole("reader", [policy("end", allow("ec2:TerminateInstances", "*", ours))]);
    given.state.tags[arn("ec2", "instance/i-1")] = { "glr:stack": "runners-a" };
    await given.as().ec2.send(new TerminateInstancesCommand({ InstanceIds: ["i-1"] }));
    const both = new TerminateInstancesCommand({ InstanceIds: ["i-1", "i-2"] });
    await expect(given.as().ec2.send(both)).rejects.toMatchObject({ name: "UnauthorizedOperation" });
  });

  it("is refused what nothing is known of", async () => {
    given.deployRole("reader", [policy("all", allow("*", "*"))]);
    const statement = new ExecuteStatementCommand({ Statement: "SELECT * FROM ledger" });
    await expect(given.as().dynamodb.send(statement)).rejects.toThrow("does not know which rights");
    await expect(given.as().lambda.send(new ListFunctionsCommand({}))).rejects.toMatchObject({
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
    given.deployRole("webhook", rights);
    given.deployRole("admin", rights);
    await given.as(given.session("webhook")).events.send(put("gitlab.webhook"));
    await given.as(given.session("admin")).events.send(put("gitlab.reconciler"));
    for (const who of [given.session("admin"), given.operator]) {
      await expect(given.as(who).events.send(put("gitlab.webhook"))).rejects.toThrow(
        "with an explicit deny in a resource-based policy",
      );
    }
  });
});
