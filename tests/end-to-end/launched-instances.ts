import { DescribeInstancesCommand, EC2Client } from "@aws-sdk/client-ec2";
import { clientSettings } from "../../local/laptop/client-settings";

/** The number of instances that the EC2 of a ready line's variables has or had. */
export const launchedInstances = async (env: Readonly<Record<string, string>>): Promise<number> => {
  const client = new EC2Client({ ...clientSettings(env), endpoint: env.AWS_ENDPOINT_URL_EC2 ?? "" });
  const { Reservations = [] } = await client.send(new DescribeInstancesCommand({}));
  client.destroy();
  return Reservations.flatMap(({ Instances = [] }) => Instances).length;
};
