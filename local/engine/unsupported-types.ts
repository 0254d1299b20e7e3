/**
 * Resource types that MiniStack 1.5.33 refuses ("Unrecognized resource types"). A stack with one of them would not
 * deploy. None of them affects how a job runs.
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
  "AWS::Logs::QueryDefinition",
  "AWS::ResourceGroups::Group",
  "AWS::SSM::Document",
];

/** What MiniStack refuses too, but not as the laptop starts it (event_bus_policies.py, microvm_images.py). */
export const KNOWN_TO_OUR_ENGINE: readonly string[] = [
  "AWS::Events::EventBusPolicy",
  "AWS::Lambda::MicrovmImage",
];

/** An alarm on an expression over metrics, which MiniStack refuses. Nothing on the laptop reads alarms. */
export const isOnExpression = (resource: {
  readonly Type: string;
  readonly Properties?: Readonly<Record<string, unknown>>;
}): boolean => resource.Type === "AWS::CloudWatch::Alarm" && resource.Properties?.Metrics !== undefined;
