import { type Ec2Api, ec2Client } from "../adapters/ec2/client";
import { ec2Instances } from "../adapters/ec2/instances";
import { microVmClient } from "../adapters/microvm/client";
import { lambdaMicroVms } from "../adapters/microvm/microvms";
import { ssmClient } from "../adapters/ssm/client";
import { publishedImages } from "../adapters/ssm/microvm-images";
import { machines } from "../ledger/machines";
import { machine, timeout } from "./wiring";

/**
 * What runners run on: EC2's instances and Lambda's MicroVMs. Each client is loaded with its first call.
 *
 * @param path our configuration path, where MicroVmRunner publishes its images
 */
export const machinesOf = (path: string, ec2: Ec2Api = ec2Client(3)) => {
  const images = publishedImages(ssmClient(), path, timeout);
  const microVms = lambdaMicroVms(microVmClient(3), images.all);
  return { microVms, instances: machines(ec2Instances(ec2, machine), microVms) };
};
