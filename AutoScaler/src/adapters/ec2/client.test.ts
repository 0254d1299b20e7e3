import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import {
  CreateFleetCommand,
  DescribeInstancesCommand,
  EC2Client,
  TerminateInstancesCommand,
} from "@aws-sdk/client-ec2";
import { sampleRunner } from "../../testing/contracts/samples";
import { type Ec2Api, ec2Client } from "./client";
import { fleetRequest } from "./fleet-request";

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

const CREDENTIALS = { accessKeyId: "a", secretAccessKey: "b" };

const settingsOf = (endpoint: string) => ({ region: "eu-west-1", endpoint, credentials: CREDENTIALS });

const throughSdk = (endpoint: string): Ec2Api => {
  const client = new EC2Client({ ...settingsOf(endpoint), maxAttempts: 1 });
  return {
    createFleet: (input) => client.send(new CreateFleetCommand(input)),
    describeInstances: (input) => client.send(new DescribeInstancesCommand(input)),
    terminateInstances: (input) => client.send(new TerminateInstancesCommand(input)),
  };
};

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

const CALLS: readonly [string, string, (api: Ec2Api) => Promise<unknown>][] = [
  ["CreateFleet on spot", FLEET, (api) => api.createFleet(FLEET_REQUEST)],
  [
    "CreateFleet on demand",
    FLEET,
    (api) => api.createFleet({ ...FLEET_REQUEST, OnDemandOptions: { AllocationStrategy: "lowest-price" } }),
  ],
  [
    "DescribeInstances by tag",
    INSTANCES,
    (api) =>
      api.describeInstances({
        Filters: [
          { Name: "tag:glr:stack", Values: ["a b", "c"] },
          { Name: "instance-state-name", Values: ["running"] },
        ],
        MaxResults: 500,
        NextToken: "x+/=",
      }),
  ],
  ["DescribeInstances by id", INSTANCES, (api) => api.describeInstances({ InstanceIds: ["i-1", "i-2"] })],
];

/** What both clients know of an answer: the SDK's knows fields that nobody here asks for. */
const known = (answer: unknown): unknown =>
  JSON.parse(
    JSON.stringify(answer, (key, value) =>
      ["$metadata", "ImageId", "Code"].includes(key) ? undefined : value,
    ),
  );

describe("the EC2 client", () => {
  let double: Awaited<ReturnType<typeof startDouble>>;
  beforeEach(async () => {
    double = await startDouble();
  });
  afterEach(() => double.close());

  it.each(CALLS)("sends and reads %s as the SDK's own client does", async (_name, answer, call) => {
    double.answers.push({ body: answer }, { body: answer });
    const theirs = await call(throughSdk(double.endpoint));
    const ours = await call(ec2Client(1, settingsOf(double.endpoint)));
    expect(double.seen[1]).toEqual(double.seen[0]);
    expect(double.seen[1]?.scope).toBe("eu-west-1/ec2/aws4_request");
    expect(known(ours)).toEqual(known(theirs));
    expect(JSON.stringify(known(ours))).toContain("i-1");
  });

  it("sends TerminateInstances as the SDK's own client does", async () => {
    for (const api of [throughSdk(double.endpoint), ec2Client(1, settingsOf(double.endpoint))]) {
      await api.terminateInstances({ InstanceIds: ["i-1"] });
    }
    expect(double.seen[1]).toEqual(double.seen[0]);
    expect(double.seen[1]?.body).toContain("Action=TerminateInstances");
  });

  it("names an error by EC2's code", async () => {
    double.answers.push({ status: 503, body: THROTTLE });
    const error = await ec2Client(1, settingsOf(double.endpoint))
      .describeInstances({})
      .catch((thrown) => thrown);
    expect(error).toMatchObject({ name: "RequestLimitExceeded", $metadata: { httpStatusCode: 503 } });
  });

  it("F-33: asks once for a launch, so that a throttled EC2 is not asked three times as often", async () => {
    double.answers.push({ status: 503, body: THROTTLE }, { body: FLEET });
    await ec2Client(1, settingsOf(double.endpoint))
      .createFleet(FLEET_REQUEST)
      .catch(() => undefined);
    expect(double.seen).toHaveLength(1);
  });

  it("asks up to three times elsewhere", async () => {
    double.answers.push({ status: 503, body: THROTTLE }, { body: INSTANCES });
    await ec2Client(3, settingsOf(double.endpoint)).describeInstances({});
    expect(double.seen).toHaveLength(2);
  });
});
