import type { Provider } from "../../Core/model/runner-class";

/** Tags by which a job chooses a provider without a mapping. */
export const PROVIDER_TAGS: Readonly<Record<Provider, string>> = {
  LAMBDA: "aws:lambda",
  EC2: "aws:ec2",
  MICROVM: "aws:microvm",
};

/** What is to be done in a project, where no test job was run. */
export const ciLines = (provider: Provider): string =>
  [
    "To see a job run, put this into the .gitlab-ci.yml of a project that is served:",
    "",
    "  hello:",
    `    tags: ["${PROVIDER_TAGS[provider]}"]`,
    "    script:",
    '      - echo "Hello from $(uname -m)"',
    "",
    "docs/mapping.md has the other tags, such as aws:spot=false, and how the mapping leads jobs without them.",
  ].join("\n");
