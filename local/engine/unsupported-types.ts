/**
 * Resource types that MiniStack 1.5.33 refuses ("Unrecognized resource types"), so that a stack with one of
 * them would not start. They are left out of the deployed copy, never out of the shipped template, and none of
 * them changes what happens to a job.
 */
export const UNSUPPORTED_TYPES: readonly string[] = [
  "AWS::Budgets::Budget",
  "AWS::CloudWatch::CompositeAlarm",
  "AWS::EC2::EIP",
  "AWS::EC2::FlowLog",
  "AWS::EC2::NatGateway",
  "AWS::EC2::SecurityGroupEgress",
  "AWS::EC2::SecurityGroupIngress",
  "AWS::Events::Archive",
  "AWS::Events::EventBusPolicy",
  "AWS::Logs::QueryDefinition",
  "AWS::ResourceGroups::Group",
  "AWS::SSM::Document",
];
