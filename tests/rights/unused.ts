import type { RoleRight } from "../../local/gateway";

/** Rights that no path on the laptop uses, and why they stay. Patterns of the action and of the policy. */
const STAY: readonly { readonly action: RegExp; readonly policy?: RegExp; readonly why: string }[] = [
  { action: /^logs:/, why: "AWS writes functions' and workflows' logs with them; the laptop writes files" },
  { action: /^xray:/, why: "AWS sends traces with them; the laptop traces nothing" },
  {
    action: /^sqs:SendMessage$/,
    why: "only a function that fails for good leaves a letter, after minutes of tries",
  },
];

/** Why a right stays that nothing on the laptop uses; undefined: it should not. */
export const whyItStays = ({ right }: RoleRight): string | undefined =>
  STAY.find(({ action, policy }) => action.test(right.action) && (policy?.test(right.policy) ?? true))?.why;
