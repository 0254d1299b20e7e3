import type { Picture } from "./picture";

/** From GitLab's job event to a running runner. */
export const START: Picture = {
  name: "base_infra_start",
  title: "A job is pending: one runner starts",
  frames: [
    { kind: "cloud", title: "AWS Cloud", from: [88, 34], to: [830, 786] },
    { kind: "region", title: "Region", from: [100, 60], to: [818, 774] },
    { kind: "stack", title: "Stack Infrastructure", from: [112, 88], to: [806, 334] },
    { kind: "stack", title: "Stack AutoScaler", from: [112, 366], to: [806, 612] },
    { kind: "stack", title: "Stack LambdaShellRunner", from: [112, 644], to: [400, 762] },
    { kind: "vpc", title: "VPC (stack Infrastructure)", from: [420, 644], to: [760, 762] },
  ],
  parts: [
    { at: [44, 148], glyph: "branch", service: "GitLab", names: [] },
    { at: [210, 148], glyph: "api", service: "Amazon API Gateway", names: ["HTTP API"] },
    {
      at: [210, 262],
      glyph: "function",
      service: "AWS Lambda",
      names: ["authorize-webhook,", "receive-signed-webhook"],
    },
    { at: [455, 148], glyph: "bus", service: "Amazon EventBridge", names: ["event bus"] },
    { at: [710, 148], glyph: "table", service: "Amazon DynamoDB", names: ["bootstrap rows"] },
    { at: [262, 432], glyph: "rule", service: "Amazon EventBridge", names: ["rule: pending"] },
    { at: [400, 432], glyph: "workflow", service: "AWS Step Functions", names: ["start-runner"] },
    { at: [560, 432], glyph: "function", service: "AWS Lambda", names: ["look-up-runner"] },
    { at: [710, 432], glyph: "table", service: "Amazon DynamoDB", names: ["mapping"] },
    {
      at: [560, 538],
      glyph: "function",
      service: "AWS Lambda",
      names: ["start-lambda-runner,", "start-ec2-runner"],
    },
    { at: [710, 538], glyph: "table", service: "Amazon DynamoDB", names: ["ledger"] },
    { at: [312, 702], glyph: "function", service: "AWS Lambda", names: ["runner, shell executor"] },
    { at: [650, 702], glyph: "machine", service: "Amazon EC2", names: ["runner, docker executor"] },
  ],
  arrows: [
    {
      kind: "step",
      step: { number: 1, at: [148, 148] },
      points: [
        [66, 148],
        [186, 148],
      ],
    },
    {
      kind: "step",
      step: { number: 2, at: [210, 218] },
      points: [
        [210, 206],
        [210, 238],
      ],
    },
    {
      kind: "step",
      step: { number: 3, at: [330, 148] },
      points: [
        [234, 148],
        [431, 148],
      ],
    },
    {
      kind: "step",
      step: { number: 4, at: [455, 270] },
      points: [
        [455, 206],
        [455, 350],
        [262, 350],
        [262, 408],
      ],
    },
    {
      kind: "step",
      step: { number: 5, at: [328, 432] },
      points: [
        [286, 432],
        [376, 432],
      ],
    },
    {
      kind: "step",
      step: { number: 6, at: [498, 424] },
      points: [
        [424, 424],
        [536, 424],
      ],
    },
    {
      kind: "data",
      points: [
        [584, 432],
        [686, 432],
      ],
    },
    {
      kind: "step",
      step: { number: 7, at: [498, 530] },
      points: [
        [424, 440],
        [470, 440],
        [470, 530],
        [536, 530],
      ],
    },
    {
      kind: "data",
      points: [
        [584, 550],
        [686, 550],
      ],
    },
    {
      kind: "step",
      step: { number: 8, at: [300, 552] },
      points: [
        [536, 552],
        [44, 552],
        [44, 192],
      ],
    },
    {
      kind: "step",
      step: { number: 9, at: [640, 270] },
      points: [
        [584, 528],
        [640, 528],
        [640, 148],
        [686, 148],
      ],
    },
    {
      kind: "step",
      step: { number: 10, at: [440, 628] },
      points: [
        [560, 611],
        [560, 628],
        [312, 628],
        [312, 678],
      ],
    },
    {
      kind: "step",
      points: [
        [560, 628],
        [650, 628],
        [650, 678],
      ],
    },
    {
      kind: "step",
      step: { number: 11, at: [786, 350] },
      points: [
        [674, 702],
        [786, 702],
        [786, 148],
        [734, 148],
      ],
    },
  ],
  steps: [
    "GitLab sends its job event.",
    "Its token or signature is checked.",
    "The event goes to the bus as sent.",
    "The rule takes what is pending.",
    "It starts the workflow.",
    "Which runner? The mapping says.",
    "The ledger takes the claim and a slot.",
    "GitLab makes a runner for this job.",
    "Its token waits in one row.",
    "The function or an instance starts.",
    "It takes the row, runs one job, ends.",
  ],
};
