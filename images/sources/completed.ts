import type { Picture } from "./picture";

/** From a job's end to nothing left. */
export const COMPLETED: Picture = {
  name: "base_infra_completed",
  title: "A job runs and ends: its runner goes",
  frames: [
    { kind: "cloud", title: "AWS Cloud", from: [88, 34], to: [830, 972] },
    { kind: "region", title: "Region", from: [100, 60], to: [818, 960] },
    { kind: "stack", title: "Stack Infrastructure", from: [112, 88], to: [806, 214] },
    { kind: "stack", title: "Stack AutoScaler", from: [112, 246], to: [806, 806] },
    { kind: "vpc", title: "VPC (stack Infrastructure)", from: [480, 832], to: [806, 948] },
  ],
  parts: [
    { at: [44, 148], glyph: "branch", service: "GitLab", names: [] },
    { at: [430, 148], glyph: "bus", service: "Amazon EventBridge", names: ["event bus"] },
    { at: [335, 312], glyph: "rule", service: "Amazon EventBridge", names: ["rule: running"] },
    { at: [472, 312], glyph: "function", service: "AWS Lambda", names: ["record-pick-up"] },
    {
      at: [335, 422],
      glyph: "rule",
      service: "Amazon EventBridge",
      names: ["rule: success,", "failed, canceled"],
    },
    { at: [472, 422], glyph: "workflow", service: "AWS Step Functions", names: ["stop-runner"] },
    { at: [614, 422], glyph: "function", service: "AWS Lambda", names: ["find-runner"] },
    { at: [614, 522], glyph: "function", service: "AWS Lambda", names: ["unregister-runner"] },
    { at: [614, 622], glyph: "function", service: "AWS Lambda", names: ["terminate-instance"] },
    { at: [614, 722], glyph: "function", service: "AWS Lambda", names: ["start-next-job"] },
    { at: [600, 312], glyph: "clock", service: "EventBridge Scheduler", names: ["every minute"] },
    { at: [736, 312], glyph: "function", service: "AWS Lambda", names: ["reconciler"] },
    { at: [736, 522], glyph: "table", service: "Amazon DynamoDB", names: ["ledger"] },
    { at: [696, 890], glyph: "machine", service: "Amazon EC2", names: ["runner"] },
  ],
  arrows: [
    {
      kind: "step",
      step: { number: 1, at: [270, 148] },
      points: [
        [66, 148],
        [406, 148],
      ],
    },
    {
      kind: "step",
      step: { number: 2, at: [340, 230] },
      points: [
        [430, 206],
        [430, 230],
        [258, 230],
        [258, 312],
        [311, 312],
      ],
    },
    {
      kind: "step",
      step: { number: 3, at: [406, 312] },
      points: [
        [359, 312],
        [448, 312],
      ],
    },
    {
      kind: "step",
      step: { number: 4, at: [258, 372] },
      points: [
        [258, 312],
        [258, 422],
        [311, 422],
      ],
    },
    {
      kind: "step",
      step: { number: 5, at: [406, 422] },
      points: [
        [359, 422],
        [448, 422],
      ],
    },
    {
      kind: "step",
      step: { number: 6, at: [564, 422] },
      points: [
        [496, 422],
        [590, 422],
      ],
    },
    {
      kind: "step",
      step: { number: 7, at: [564, 514] },
      points: [
        [540, 422],
        [540, 514],
        [590, 514],
      ],
    },
    {
      kind: "data",
      points: [
        [590, 534],
        [44, 534],
        [44, 192],
      ],
    },
    {
      kind: "step",
      step: { number: 8, at: [564, 622] },
      points: [
        [540, 514],
        [540, 622],
        [590, 622],
      ],
    },
    {
      kind: "step",
      points: [
        [638, 622],
        [696, 622],
        [696, 866],
      ],
    },
    {
      kind: "step",
      step: { number: 9, at: [564, 722] },
      points: [
        [540, 622],
        [540, 722],
        [590, 722],
      ],
    },
    {
      kind: "data",
      points: [
        [638, 422],
        [690, 422],
        [690, 512],
        [712, 512],
      ],
    },
    {
      kind: "data",
      points: [
        [638, 532],
        [712, 532],
      ],
    },
    {
      kind: "data",
      points: [
        [638, 722],
        [736, 722],
        [736, 580],
      ],
    },
    {
      kind: "step",
      step: { number: 10, at: [672, 312] },
      points: [
        [624, 312],
        [712, 312],
      ],
    },
    {
      kind: "step",
      step: { number: 11, at: [580, 148] },
      points: [
        [736, 288],
        [736, 148],
        [454, 148],
      ],
    },
    {
      kind: "data",
      points: [
        [736, 370],
        [736, 498],
      ],
    },
  ],
  steps: [
    "GitLab sends its job events.",
    "A job runs: the rule starts a function.",
    "It notes the runner and pauses it.",
    "A job has ended.",
    "The rule starts the workflow.",
    "Which runner really ran the job?",
    "It is deleted in GitLab.",
    "Its instance is terminated.",
    "The oldest waiting job starts.",
    "Every minute: what did not come?",
    "That event goes on the bus.",
  ],
};
