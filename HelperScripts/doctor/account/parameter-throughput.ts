import { GetServiceSettingCommand } from "@aws-sdk/client-ssm";
import { type Check, ok, warning } from "../finding";
import { QUOTA } from "./quotas";

/** https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-throughput.html */
const SETTING = "/ssm/parameter-store/high-throughput-enabled";

/**
 * Each new environment of a function reads Parameter Store. Below so many runners the default rate serves the start of all
 * of them within a second or two.
 */
const MANY_RUNNERS = 50;

/** Whether Parameter Store answers more than its default of 40 reads a second, which all functions of the account share. */
export const checkParameterThroughput: Check = async ({ context, settings }) => {
  const command = new GetServiceSettingCommand({ SettingId: SETTING });
  const { ServiceSetting } = await context.clients.ssm().send(command);
  if (ServiceSetting?.SettingValue === "true") return [ok(QUOTA, "Parameter Store: higher throughput is on")];
  return (settings?.maxRunners ?? 0) < MANY_RUNNERS
    ? [ok(QUOTA, `Parameter Store: 40 reads a second do for ${settings?.maxRunners ?? 0} runners`)]
    : [
        warning(
          QUOTA,
          "Parameter Store: 40 reads a second for the whole account: in a burst of jobs functions wait some seconds for theirs",
          `If bursts of more than a hundred jobs are usual: aws ssm update-service-setting --setting-id ${SETTING} --setting-value true (it costs per read: https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-throughput.html)`,
        ),
      ];
};
