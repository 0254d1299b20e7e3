import type { Advice, AdviceCode } from "../../Core/usage/advice";
import { dollars } from "../console/words";
import { WASTE_WORDS } from "./cost-text";

const percent = (share: number): string => `${Math.round(100 * share)} %`;

const hours = (amount: number): string => `${amount >= 10 ? Math.round(amount) : amount.toFixed(1)} h`;

const waits =
  (cause: string, remedy: string) =>
  ({ about, share, amount }: Advice): string =>
    `${about} waited for ${cause} ${percent(share)} of the time (${hours(amount)} of all its jobs): ${remedy}.`;

const wasteText = ({ about, share, amount }: Advice): string => {
  const words = Object.entries(WASTE_WORDS).find(([code]) => code === about)?.[1] ?? about;
  return `${dollars(amount)}, ${percent(share)} of the cost, went for runners that ${words}: npx runners cost --by class shows where.`.replace(
    "that not",
    "that were not",
  );
};

const WORDS: Readonly<Record<AdviceCode, (advice: Advice) => string>> = {
  "raise-limit": waits("slots", "raise its maxRunners, or the limits in the mapping's settings"),
  "more-capacity": waits("capacity", "allow it more instance types, or both markets"),
  "raise-launch-rate": waits("AWS's launch rate", "ask AWS for a higher one"),
  "make-image": waits("what its image lacks", "make an image that holds it: npx runners image build"),
  "check-webhook": waits("a webhook that came late or never", "npx runners doctor checks the webhooks"),
  "raise-gitlab-limit": waits("GitLab", "raise GitLab's rate limit for the token's user"),
  "raise-budget": waits("budgets", "raise them in the mapping's settings, or run fewer jobs"),
  unpriced: ({ share, amount }) =>
    `${amount} runners (${percent(share)}) have no known price and are in no sum: docs/cost.md tells why.`,
  waste: wasteText,
  "dear-job": ({ about, share, amount }) =>
    `The job ${JSON.stringify(about)} is ${percent(share)} of the cost (${dollars(amount)}): a smaller class, a cache or spot would count most there.`,
};

/** What to change, in a sentence with its figures. */
export const adviceText = (advice: Advice): string => WORDS[advice.code](advice);
