import { isMicroVmId } from "../../../Core/microvm/image";
import type { Instances, MicroVms } from "../ports";

/** EC2's instances and Lambda's MicroVMs behind one port: an id tells which it is. Only EC2's are listed. */
export const machines = (ec2: Instances, microVms: MicroVms): Instances => {
  const of = (id: string) => (isMicroVmId(id) ? microVms : ec2);
  return {
    list: (cursor) => ec2.list(cursor),
    describe: (id) => of(id).describe(id),
    terminate: (id) => of(id).terminate(id),
    installFailure: (id) => ec2.installFailure(id),
  };
};
