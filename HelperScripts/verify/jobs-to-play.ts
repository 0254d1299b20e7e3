import type { Provider } from "../../Core/model/runner-class";
import type { PlannedJob } from "./pipeline";
import type { VerifyCheckName } from "./result";
import type { SampleJob } from "./sample-jobs";

type Samples = ReadonlyMap<Provider, SampleJob>;

/** Of the provider that starts soonest, a MicroVM last: its region or account may lack them. */
export const fastSample = (samples: Samples): SampleJob | undefined =>
  samples.get("LAMBDA") ?? samples.get("EC2") ?? samples.get("MICROVM");

const SCRIPTS: Readonly<
  Partial<Record<VerifyCheckName, readonly [provider: Provider | "fast", script: string]>>
> = {
  "job-lambda": ["LAMBDA", "echo on a Lambda runner"],
  "job-ec2": ["EC2", "echo on an EC2 runner"],
  "job-microvm": ["MICROVM", "echo in a MicroVM"],
  // Longer than all that a cancelled job may take; its own end would be no success.
  cancel: ["fast", "sleep 240; false"],
  // Long enough for the notice to be acted on before its end.
  "spot-notice": ["EC2", "sleep 20"],
  "lost-webhook": ["fast", "echo found without its webhook"],
  redrive: ["fast", "echo found without its webhook"],
};

/** The jobs of the checks that can be played here. */
export const jobsToPlay = (names: readonly VerifyCheckName[], samples: Samples): readonly PlannedJob[] =>
  names.flatMap((purpose) => {
    const [provider, script] = SCRIPTS[purpose] ?? [];
    if (provider === undefined || script === undefined) return [];
    const sample = provider === "fast" ? fastSample(samples) : samples.get(provider);
    return sample ? [{ purpose, sample, script }] : [];
  });
