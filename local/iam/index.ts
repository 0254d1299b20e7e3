export type { ConditionContext } from "./context";
export { type Decision, evaluate, type Layer, type Policies } from "./evaluate";
export { parsePolicy } from "./parse-policy";
export type { Policy, Statement } from "./policy";
export { PolicyError } from "./policy-error";
export type { Principal } from "./principal-element";
export { type Right, rightsOf, withoutRight } from "./rights";
export type { Found, Question } from "./statement";
