import type { RoleRight } from "../../local/gateway";

interface Reason {
  readonly action: RegExp;
  /** Of the policy's name; absent: whatever it is. */
  readonly policy?: RegExp;
  readonly why: string;
}

/** Rights that no path on the laptop uses, and why they stay. */
const REASONS: readonly Reason[] = [
  {
    action: /^lambda:GetFunctionConfiguration$/,
    why: "a function that Lambda could not start just then is asked for its state; on the laptop every function is active",
  },
  {
    action: /^logs:/,
    why: "AWS writes functions' and workflows' logs with them; the laptop writes its own. Without an instance's nothing but its lines is missing",
  },
  {
    action: /^events:PutEvents$/,
    policy: /\/(?:start-runner|stop-runner|record-pick-up)$/,
    why: "others are told with it (docs/events.md), and no part of the product waits for that",
  },
  {
    action: /^ec2:GetConsoleOutput$/,
    why: "a machine that ended without its job is asked for what its console says; no path here fails an installation",
  },
  {
    action: /^(ssm:UpdateInstanceInformation|ssmmessages:)/,
    why: "Session Manager's agent uses them where an operator allows shells; the laptop's machines have no agent",
  },
  {
    action: /^ssm:GetParameters$/,
    policy: /ReadCollectorPolicy/,
    why: "a function that has put a metric asks where metrics are sent; no path here may make this one put any",
  },
  {
    action: /^lambda:(Get|Suspend)Microvm$/,
    why: "whether a MicroVM is dead is asked where a list shows it so; one of a failed job is suspended where its class keeps it",
  },
  {
    action: /^s3:GetObject$/,
    policy: /\/build-images$/,
    why: "Lambda reads with it what it builds an image from; the laptop reads that as itself",
  },
  {
    action: /^(lambda:|iam:PassRole|ssm:PutParameter)/,
    policy: /\/rebuild-images$/,
    why: "an image is built anew a month after its build; those of the laptop are as old as it",
  },
  {
    action: /^iam:PassRole$/,
    policy: /\/start-microvm-runner$/,
    why: "a MicroVM's role writes its log, where MicroVmRunner was deployed with one",
  },
  {
    action: /^lambda:(CreateMicrovmAuthToken|CreateMicrovmShellAuthToken)$/,
    why: "is refused, and not granted: nobody of ours opens a way into a MicroVM",
  },
  { action: /^xray:/, why: "AWS sends traces with them; the laptop traces nothing" },
  {
    action: /^kms:Decrypt$/,
    why: "a token that is encrypted with a customer's own key needs it; AWS's key for parameters asks for no right",
  },
  {
    action: /^sqs:SendMessage$/,
    why: "a function that fails for good sends a DLQ message, after minutes of tries",
  },
  {
    action: /^dynamodb:/,
    policy: /WriteLedgerPolicy/,
    why: "all that write the ledger share one policy, and branches that no path here takes use the rest of it",
  },
  {
    action: /^dynamodb:PutItem$/,
    policy: /\/find-runner$/,
    why: "a spot interruption is stored with it: its pool is left alone, and its job's retry starts on demand",
  },
  {
    action: /^ssm:GetParameter$/,
    policy: /\/start-ec2-runner$/,
    why: "EC2 may read the image's parameter with either action; the laptop's reads it with the other",
  },
  {
    action: /^sts:AssumeRole$/,
    why: "the cache's role names who may take it, which is enough within an account; the functions' own policies say it too",
  },
  { action: /^dynamodb:Scan$/, policy: /\/reconciler$/, why: "the mapping is read whole every ten minutes" },
  {
    action: /^dynamodb:DeleteItem$/,
    policy: /\/start-lambda-runner$/,
    why: "a launch that Lambda refuses takes the row back",
  },
  {
    action: /^ec2:DescribeInstances$/,
    policy: /\/terminate-instance$/,
    why: "an instance without an id in the ledger, whose launch's answer was lost, is looked for by its tag",
  },
  {
    action: /^(pricing|ec2|lambda|ssm):/,
    policy: /\/keep-prices$/,
    why: "what is refused to it keeps the price it had, and only its log says so: no job waits for a price",
  },
  {
    action: /^events:PutEvents$/,
    policy: /PutEventsPolicy/,
    why: "an event is put where a job waits for a slot, or a foreign job took a runner",
  },
];

/** Why a right stays that nothing on the laptop uses; undefined: it should not. */
export const whyItStays = ({ right }: RoleRight): string | undefined =>
  REASONS.find(({ action, policy }) => action.test(right.action) && (policy?.test(right.policy) ?? true))
    ?.why;
