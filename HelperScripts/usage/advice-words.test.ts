import { ADVICE_CODES, type AdviceCode } from "../../Core/usage/advice";
import { adviceText } from "./advice-words";

/** What each piece of advice tells to do, or where to look. */
const REMEDIES: Readonly<Record<AdviceCode, RegExp>> = {
  "raise-limit": /: raise its maxRunners, or the limits in the mapping's settings\.$/,
  "more-capacity": /: allow it more instance types, or both markets\.$/,
  "raise-launch-rate": /: ask AWS for a higher one\.$/,
  "make-image": /: make an image that holds it: npx runners image build\.$/,
  "check-webhook": /: npx runners doctor checks the webhooks\.$/,
  "raise-gitlab-limit": /: raise GitLab's rate limit for the token's user\.$/,
  "raise-budget": /: raise them in the mapping's settings, or run fewer jobs\.$/,
  unpriced: /docs\/cost\.md tells why\.$/,
  waste: /: npx runners cost --by class shows where\.$/,
  "dear-job": /: a smaller class, a cache or spot would count most there\.$/,
};

it.each(ADVICE_CODES)("advice of %s has its figures and its remedy", (code) => {
  const text = adviceText({ code, about: "EC2#big", share: 0.256, amount: 12 });
  expect(text).toMatch(/26 %/);
  expect(text).toMatch(/\b12\b|\$12\.00/);
  expect(text).toMatch(REMEDIES[code]);
});

it.each([
  [9.96, "10.0 h"],
  [10, "10 h"],
  [10.6, "11 h"],
])("%f hours of waiting are told as %s", (amount, words) => {
  expect(adviceText({ code: "raise-limit", about: "EC2#big", share: 1, amount })).toContain(`(${words} of`);
});
