import { type Ec2Api, ec2Client } from "../adapters/ec2/client";
import { ec2Instances } from "../adapters/ec2/instances";
import { microVmClient } from "../adapters/microvm/client";
import { lambdaMicroVms } from "../adapters/microvm/microvms";
import { machines } from "../ledger/machines";
import { machine } from "./machine";

type Images = Parameters<typeof lambdaMicroVms>[1];

/**
 * What runners run on: EC2's instances and Lambda's MicroVMs. Each client is loaded with its first call.
 *
 * @param images all that MicroVmRunner has published
 */
export const machinesOf = (images: Images, ec2: Ec2Api = ec2Client(3)) => {
  const microVms = lambdaMicroVms(microVmClient(3), images);
  return { microVms, instances: machines(ec2Instances(ec2, machine), microVms) };
};
