import { Command } from "commander";
import { common, type RunCommand } from "../common";
import { type CheckOptions, checkMapping } from "./check";
import { type PullOptions, pullMapping } from "./pull";
import { type UploadOptions, uploadMapping } from "./upload";

/** `mapping …`: which job gets which runner. */
export const mappingCommand = (run: RunCommand): Command => {
  const mapping = new Command("mapping").description("which job gets which runner: check, upload, pull");
  common(mapping.command("upload"))
    .description("check a document, show what it changes, and write it after a question")
    .argument("<file>", "the document, such as HelperScripts/runner-mapping.json")
    .option("-y, --yes", "do not ask")
    .option("--dry-run", "show what would change, write nothing")
    .option("--prune", "also remove rows that the document lacks")
    .option(
      "--start-failed",
      "then start jobs that failed in the last 24 hours and that the changed rows route",
    )
    .addHelpText(
      "after",
      `
Examples:
  $ npx runners mapping upload HelperScripts/runner-mapping.json
  $ npx runners mapping upload runner-mapping.json --prune --dry-run
  $ npx runners mapping upload runner-mapping.json --yes --start-failed

Jobs that failed to start are started by --start-failed alone, or after a question; --yes does not start them.`,
    )
    .action((file: string, options: UploadOptions) =>
      run((context) => uploadMapping(context, file, options)),
    );
  mapping
    .command("check")
    .description("check a document, without AWS unless a stack is named")
    .argument("<file>", "the document")
    .option("--stack-name <name>", "check functions and classes against this AutoScaler stack too")
    .option("--json", "the result as one JSON document on stdout")
    .addHelpText(
      "after",
      `
Examples:
  $ npx runners mapping check HelperScripts/runner-mapping.json
  $ npx runners mapping check runner-mapping.json --stack-name gitlab-runners-autoscaler`,
    )
    .action((file: string, options: CheckOptions) => run((context) => checkMapping(context, file, options)));
  common(mapping.command("pull"))
    .description("make a document of what is stored")
    .option("-o, --output <file>", "write it there instead of stdout")
    .option("--force", "replace a file that is there")
    .addHelpText("after", "\nExample:\n  $ npx runners mapping pull --output runner-mapping.json")
    .action((options: PullOptions) => run((context) => pullMapping(context, options)));
  return mapping;
};
