import { Command } from "commander";
import { common, type Run } from "../program";
import { type UploadOptions, uploadMapping } from "./mapping-upload";

/** `mapping …`: which job gets which runner. */
export const mappingCommand = (run: Run): Command => {
  const mapping = new Command("mapping").description("which job gets which runner: check, upload, pull");
  common(mapping.command("upload"))
    .description("check a document, show what it changes, and write it after a question")
    .argument("<file>", "the document, such as HelperScripts/runner-mapping.json")
    .option("-y, --yes", "do not ask")
    .option("--dry-run", "show what would change, write nothing")
    .option("--prune", "also remove rows that the document lacks")
    .addHelpText(
      "after",
      `
Examples:
  $ npm run runners -- mapping upload HelperScripts/runner-mapping.json
  $ npm run runners -- mapping upload runner-mapping.json --prune --dry-run`,
    )
    .action((file: string, options: UploadOptions) =>
      run((context) => uploadMapping(context, file, options)),
    );
  return mapping;
};
