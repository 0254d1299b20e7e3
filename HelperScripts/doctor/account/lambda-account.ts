import { GetAccountSettingsCommand } from "@aws-sdk/client-lambda";
import { lambdaRunnersAt } from "../../../Core/account/lambda-room";
import { configurationOf } from "../../configuration";
import { type Check, type DoctorContext, type DoctorFinding, ok, warning } from "../finding";
import { QUOTA, quotaLink } from "./quotas";

/** Concurrent executions. https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
const CONCURRENCY = "L-B99A9384";

/** 2,500 for each 1,000. https://docs.aws.amazon.com/lambda/latest/dg/tenant-isolation-troubleshooting.html */
const ENVIRONMENTS_PER_EXECUTION = 2.5;

/** What our own functions need of the concurrency that nobody has reserved, as in a new account. */
const MIN_UNRESERVED = 10;

const raise = (doctorContext: DoctorContext): string =>
  `Ask for more concurrent executions at ${quotaLink(doctorContext, "lambda", CONCURRENCY)}`;

const runners = (doctorContext: DoctorContext, limit: number, wanted: number): DoctorFinding => {
  const room = lambdaRunnersAt(limit);
  return room >= wanted
    ? ok(QUOTA, `Lambda: ${limit} concurrent executions do for ${wanted} runners`)
    : warning(
        QUOTA,
        `Lambda: ${limit} concurrent executions: ${room} Lambda runners at a time, not ${wanted}; the rest waits, so that our own functions have room`,
        `${raise(doctorContext)}, or lower maxRunnersPerClass in the mapping's settings`,
      );
};

const reserved = (limit: number, unreserved: number, wanted: number): readonly DoctorFinding[] =>
  unreserved === limit || unreserved >= Math.min(limit, wanted + MIN_UNRESERVED)
    ? []
    : [
        warning(
          QUOTA,
          `Lambda: ${limit - unreserved} of ${limit} concurrent executions are reserved: ${wanted} runners and our own functions share the other ${unreserved}`,
          "Lower the reserved concurrency of other functions of the account, or maxRunnersPerClass in the mapping's settings",
        ),
      ];

/** As many jobs again may begin before Lambda takes the environments of the first away. */
const BURSTS = 2;

const tenants = (doctorContext: DoctorContext, limit: number, wanted: number): readonly DoctorFinding[] => {
  const environments = Math.floor(limit * ENVIRONMENTS_PER_EXECUTION);
  return environments >= BURSTS * wanted
    ? []
    : [
        warning(
          QUOTA,
          `Lambda: ${environments} environments for tenants, idle ones included: with TenantIsolation on that many Lambda jobs begin within the minutes that Lambda keeps an idle one; others wait, for 15 minutes at most`,
          `${raise(doctorContext)}: it allows 2,500 environments for each 1,000. Projects that trust each other may do with TenantIsolation=off`,
        ),
      ];
};

/**
 * A signed webhook is checked by a function of its own, and 200 jobs at once are refused none from here on: measured in
 * virtual time. Below it GitLab switches the webhook off for a minute, and the reconciler finds the jobs.
 */
const MIN_FOR_SIGNED_BURSTS = 100;

const signedWebhooks = async (
  doctorContext: DoctorContext,
  limit: number,
): Promise<readonly DoctorFinding[]> => {
  const { context, autoScaler } = doctorContext;
  if (limit >= MIN_FOR_SIGNED_BURSTS) return [];
  const { webhookSigningKey } = await configurationOf(context, autoScaler).read(["webhookSigningKey"]);
  if (webhookSigningKey === undefined) return [];
  return [
    warning(
      QUOTA,
      `Lambda: ${limit} concurrent executions are too few for bursts of signed webhooks, each of which a function checks: GitLab switches the webhook off for a minute, and the jobs start a minute or two later`,
      raise(doctorContext),
    ),
  ];
};

/** What the account's concurrency leaves to Lambda runners. */
export const checkLambdaAccount: Check = async (doctorContext) => {
  const { context, settings } = doctorContext;
  const { AccountLimit } = await context.clients.lambda().send(new GetAccountSettingsCommand({}));
  const limit = AccountLimit?.ConcurrentExecutions ?? 0;
  const unreserved = AccountLimit?.UnreservedConcurrentExecutions ?? limit;
  const wanted = settings?.defaults.LAMBDA.maxRunners ?? 0;
  return [
    runners(doctorContext, limit, wanted),
    ...reserved(limit, unreserved, wanted),
    ...tenants(doctorContext, limit, wanted),
    ...(await signedWebhooks(doctorContext, limit)),
  ];
};
