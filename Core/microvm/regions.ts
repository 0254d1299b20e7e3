/**
 * As MicroVmRunner's template has them: AWS documents no call that tells.
 * https://docs.aws.amazon.com/general/latest/gr/lambda-service.html
 */
export const MICROVM_REGIONS: readonly string[] = [
  ...["us-east-1", "us-east-2", "us-west-2", "eu-west-1", "eu-central-1", "eu-north-1"],
  ...["ap-northeast-1", "ap-south-1", "ap-southeast-1", "ap-southeast-2"],
];
