import { roleStatements } from "./iam";
import { asList, asMap, readTemplate, resource, STACKS } from "./read-template";
import { resolve } from "./resolve";

/** What AWS's documents ask for, and neither the laptop nor cfn-lint notices when it is missing. */
const infrastructure = readTemplate("Infrastructure");

it.each(STACKS)("%s refuses a configuration path that Parameter Store keeps for itself", (stack) => {
  const { AllowedPattern, ConstraintDescription } = readTemplate(stack).parameters.ConfigurationPath ?? {};
  const isAllowed = (path: string): boolean => new RegExp(String(AllowedPattern)).test(path);
  const kept = ["/aws", "/AWS/runners", "/awsrunners", "/ssm", "/Ssm/runners", "/ssm-runners"];
  expect(kept.filter(isAllowed)).toEqual([]);
  const free = ["/gitlabrunner", "/ci/aws", "/ci/ssm/runners", "/paws", "/a.b/c_d"];
  expect(free.filter(isAllowed)).toEqual(free);
  expect(ConstraintDescription).toContain("/aws or /ssm");
});

it("lets Lambda read the runner's image, named by its functions' ARN alone", () => {
  const { RepositoryPolicyText } = resource(infrastructure, "RunnerImageRepository").properties;
  const [statement, ...others] = asList(asMap(resolve(infrastructure, RepositoryPolicyText)).Statement);
  expect(others).toEqual([]);
  expect(asMap(statement).Condition).toEqual({
    ArnLike: { "aws:SourceArn": "arn:aws:lambda:eu-west-1:111122223333:function:*" },
  });
});

/** https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html#cloudwatch-iam-policy */
const STATES_LOG_RIGHTS = [
  "CreateLogDelivery",
  "CreateLogStream",
  "DeleteLogDelivery",
  "DescribeLogGroups",
  "DescribeResourcePolicies",
  "GetLogDelivery",
  "ListLogDeliveries",
  "PutLogEvents",
  "PutResourcePolicy",
  "UpdateLogDelivery",
].map((action) => `logs:${action}`);

it.each(["StartRunnerStateMachineRole", "StopRunnerStateMachineRole"])(
  "S-8: %s has all rights that Step Functions asks for to log, those on streams for the workflows' groups alone",
  (id) => {
    const autoScaler = readTemplate("AutoScaler");
    const statements = roleStatements(autoScaler, id);
    const actions = statements.flatMap(({ Action }) => asList(Action).map(String));
    expect(actions.filter((action) => action.startsWith("logs:")).sort()).toEqual(STATES_LOG_RIGHTS);
    const onStreams = statements.filter(({ Action }) => asList(Action).includes("logs:PutLogEvents"));
    expect(onStreams.map((statement) => statement.Resource)).toEqual([
      ["Start", "Stop"].map(
        (kind) =>
          `arn:aws:logs:eu-west-1:111122223333:log-group:${kind.toLowerCase()}runnerstatemachineloggroup:*`,
      ),
    ]);
  },
);
