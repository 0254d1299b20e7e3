import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { sampleRunner } from "../../testing/contracts/samples";
import { ec2Client } from "./client";
import { fleetRequest } from "./fleet-request";
import { ec2Sdk } from "./sdk";

interface Seen {
  readonly body: string;
  readonly scope: string;
  readonly contentType: string | undefined;
}

const INSTANCES = `<DescribeInstancesResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><reservationSet><item>
  <instancesSet><item><instanceId>i-1</instanceId><imageId>ami-1</imageId><instanceState><code>16</code><name>running</name>
  </instanceState><instanceType>c7g.large</instanceType><launchTime>2026-11-25T12:00:00.000Z</launchTime>
  <instanceLifecycle>spot</instanceLifecycle><reason>User initiated</reason><stateReason><code>Client.UserInitiatedShutdown</code>
  <message>Client.UserInitiatedShutdown: User initiated shutdown</message></stateReason><tagSet><item><key>glr:job</key><value>1-1 &lt;&amp;</value></item></tagSet>
  </item></instancesSet></item></reservationSet><nextToken>abc</nextToken></DescribeInstancesResponse>`;

const FLEET = `<CreateFleetResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><fleetId>fleet-1</fleetId><errorSet><item>
  <launchTemplateAndOverrides><overrides><instanceType>c7g.large</instanceType><subnetId>subnet-1</subnetId></overrides>
  </launchTemplateAndOverrides><lifecycle>spot</lifecycle><errorCode>InsufficientInstanceCapacity</errorCode>
  <errorMessage>none</errorMessage></item></errorSet><fleetInstanceSet><item><lifecycle>spot</lifecycle><instanceIds>
  <item>i-1</item></instanceIds><instanceType>c7g.large</instanceType></item></fleetInstanceSet></CreateFleetResponse>`;

const THROTTLE = `<Response><Errors><Error><Code>RequestLimitExceeded</Code><Message>Request limit exceeded.</Message></Error>
  </Errors><RequestID>r-1</RequestID></Response>`;

/** A loopback EC2 that answers with what a test gives it and writes down what it got. */
const startDouble = async () => {
  const seen: Seen[] = [];
  const answers: { status?: number; body: string }[] = [];
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk) => {
      body += String(chunk);
    });
    request.on("end", () => {
      const scope = /Credential=[^/]+\/\d+\/([^,]+)/.exec(request.headers.authorization ?? "")?.[1] ?? "";
      seen.push({ body, scope, contentType: request.headers["content-type"] });
      const { status = 200, body: text } = answers.shift() ?? { body: "<Response/>" };
      response.writeHead(status, { "content-type": "text/xml" }).end(text);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { seen, answers, endpoint, close: () => server.close() };
};

const settingsOf = (endpoint: string) => ({
  region: "eu-west-1",
  endpoint,
  credentials: { accessKeyId: "a", secretAccessKey: "b" },
});

const ENVIRONMENT = { AWS_REGION: "eu-west-1", AWS_ACCESS_KEY_ID: "a", AWS_SECRET_ACCESS_KEY: "b" };

const FLEET_REQUEST = fleetRequest(
  {
    deploymentId: "d <&> é",
    launchTemplates: { arm64: { id: "lt-1", version: "3" }, x86_64: { id: "lt-2", version: "4" } },
    subnetIds: ["subnet-1", "subnet-2"],
    rootDeviceName: "/dev/sda1",
  },
  sampleRunner({ runnerId: 1 }),
  "spot",
);

describe("the EC2 client", () => {
  let double: Awaited<ReturnType<typeof startDouble>>;
  beforeEach(async () => {
    double = await startDouble();
  });
  afterEach(() => double.close());

  it("sends the fleet that was asked for, and reads instances and errors of one answer", async () => {
    double.answers.push({ body: FLEET });
    const answer = await ec2Sdk(1, settingsOf(double.endpoint)).createFleet(FLEET_REQUEST);
    const sent = new URLSearchParams(double.seen[0]?.body);
    expect(Object.fromEntries(sent)).toMatchObject({
      Action: "CreateFleet",
      ClientToken: FLEET_REQUEST.ClientToken,
      "LaunchTemplateConfigs.1.Overrides.2.SubnetId": "subnet-2",
      "SpotOptions.AllocationStrategy": "price-capacity-optimized",
      "TagSpecification.1.Tag.2.Value": "d <&> é",
    });
    expect(double.seen[0]?.scope).toBe("eu-west-1/ec2/aws4_request");
    expect(answer).toMatchObject({
      Errors: [
        {
          ErrorCode: "InsufficientInstanceCapacity",
          LaunchTemplateAndOverrides: { Overrides: { InstanceType: "c7g.large" } },
        },
      ],
      Instances: [{ InstanceIds: ["i-1"], Lifecycle: "spot", InstanceType: "c7g.large" }],
    });
  });

  it("reads instances with state, time and tags, and the next page's token", async () => {
    double.answers.push({ body: INSTANCES });
    const answer = await ec2Sdk(1, settingsOf(double.endpoint)).describeInstances({
      Filters: [{ Name: "tag:glr:stack", Values: ["a b", "c"] }],
      NextToken: "x+/=",
    });
    expect(Object.fromEntries(new URLSearchParams(double.seen[0]?.body))).toMatchObject({
      "Filter.1.Value.2": "c",
      NextToken: "x+/=",
    });
    expect(answer).toMatchObject({
      NextToken: "abc",
      Reservations: [
        {
          Instances: [
            {
              InstanceId: "i-1",
              State: { Name: "running" },
              InstanceLifecycle: "spot",
              LaunchTime: new Date("2026-11-25T12:00:00.000Z"),
              Tags: [{ Key: "glr:job", Value: "1-1 <&" }],
            },
          ],
        },
      ],
    });
  });

  it("is loaded when it is first asked, with the environment's endpoint", async () => {
    const environment = process.env;
    process.env = { ...environment, ...ENVIRONMENT, AWS_ENDPOINT_URL_EC2: double.endpoint };
    double.answers.push({ body: INSTANCES }, { body: FLEET });
    const ec2 = ec2Client(1);
    ec2.load();
    await ec2.describeInstances({});
    await ec2.createFleet(FLEET_REQUEST);
    await ec2.terminateInstances({ InstanceIds: ["i-1"] });
    process.env = environment;
    expect(double.seen.map(({ body }) => new URLSearchParams(body).get("Action"))).toEqual([
      "DescribeInstances",
      "CreateFleet",
      "TerminateInstances",
    ]);
  });

  it("names an error by EC2's code", async () => {
    double.answers.push({ status: 503, body: THROTTLE });
    const error = await ec2Sdk(1, settingsOf(double.endpoint))
      .describeInstances({})
      .catch((thrown) => thrown);
    expect(error).toMatchObject({ name: "RequestLimitExceeded", $metadata: { httpStatusCode: 503 } });
  });

  it("F-33: asks once for a launch, so that a throttled EC2 is not asked three times as often", async () => {
    double.answers.push({ status: 503, body: THROTTLE }, { body: FLEET });
    await ec2Sdk(1, settingsOf(double.endpoint))
      .createFleet(FLEET_REQUEST)
      .catch(() => undefined);
    expect(double.seen).toHaveLength(1);
  });

  it("asks up to three times elsewhere", async () => {
    double.answers.push({ status: 503, body: THROTTLE }, { body: INSTANCES });
    await ec2Sdk(3, settingsOf(double.endpoint)).describeInstances({});
    expect(double.seen).toHaveLength(2);
  });
});
