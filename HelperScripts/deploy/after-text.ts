/** What is to be done in a project, where no test job was run. */
export const ciLines = [
  "To see a job run, put this into the .gitlab-ci.yml of a project that is served:",
  "",
  "  hello:",
  "    script:",
  '      - echo "Hello from $(uname -m)"',
  "",
  "On gitlab.com also switch instance runners off for the project (Settings > CI/CD > Runners): they take jobs without tags too.",
].join("\n");
