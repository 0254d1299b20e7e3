/** The project of the sample pipeline. */
export const SAMPLE_PROJECT = 1;

/**
 * The sample pipeline, with a job of each kind. The sample mapping has `unit tests` (LAMBDA), `image build` (EC2) and
 * `api tests` (MICROVM);
 * the other jobs use the default runner. `deploy` is cancelled before it starts.
 */
export const SAMPLE_JOBS = [
  { name: "hello", script: ['echo "Hello from $(uname -sm)"', "sleep 1"] },
  {
    name: "unit tests",
    tags: ["lambda"],
    script: ['for n in 1 2 3; do echo "test $n passed"; sleep 0.4; done'],
  },
  {
    name: "image build",
    tags: ["docker"],
    script: ["echo Step 1/2: FROM scratch", "sleep 1", "echo Step 2/2: COPY . .", "sleep 1", "echo built"],
    after_script: ["echo cleaned up"],
  },
  {
    name: "api tests",
    tags: ["microvm"],
    script: ['for n in 1 2; do echo "request $n answered"; sleep 0.4; done'],
  },
  {
    name: "broken check",
    script: ["echo expected 4, got 5", "exit 1"],
    allow_failure: true,
  },
  { name: "deploy", tags: ["lambda"], script: ["echo never reached"] },
] as const;

/** The job that is cancelled, soon enough that no runner has taken it. */
export const CANCELLED_SAMPLE_JOB = "deploy";
export const CANCEL_AFTER_MS = 300;
