import { defined } from "../../Core/defined";
import { safe } from "../../Core/safe-text";
import { type AwsHome, type Context, UsageError } from "../context";
import { checkRegion, type DeployAnswers } from "./answers/answers";
import { askUntil } from "./ask";
import { awsDefaults } from "./aws-home";

/** A profile is asked for only where the environment chooses none and there are several. */
export const homeOf = async (
  context: Context,
  known: Partial<DeployAnswers>,
  isSilent: boolean,
): Promise<AwsHome> => {
  const { profiles, regionOf } = awsDefaults(context);
  const preferred = profiles.includes("default") ? "default" : profiles[0];
  const isChoice = known.profile === undefined && profiles.length > 1;
  const profile =
    isChoice && !isSilent
      ? await askUntil(
          context,
          () => context.console.ask(`AWS profile (${profiles.map(safe).join(", ")})`, preferred),
          (answer) => {
            if (profiles.includes(answer)) return answer;
            throw new UsageError(`there is no profile ${JSON.stringify(answer)}`);
          },
        )
      : known.profile;
  const byDefault = known.region ?? regionOf(profile);
  if (!isSilent) {
    const region = await askUntil(
      context,
      () => context.console.ask("AWS region", byDefault ?? "us-east-1"),
      (answer) => checkRegion(answer || byDefault),
    );
    return { region, ...defined({ profile }) };
  }
  if (byDefault === undefined)
    throw new UsageError("region is missing: give it in the answers, with --region, or as AWS_REGION");
  return { region: byDefault, ...defined({ profile }) };
};
