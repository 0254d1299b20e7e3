import type { Ec2Settings } from "../../Core/model/runner-class";

/** The size of an EC2 runner, e.g. `c7g.xlarge, m7g.xlarge (arm64), 60 GiB`. */
export const sizeText = ({ instanceTypes, architecture, diskGiB }: Ec2Settings): string =>
  `${instanceTypes.join(", ")} (${architecture}), ${diskGiB} GiB`;
