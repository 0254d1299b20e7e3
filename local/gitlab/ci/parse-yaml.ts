import { parseDocument, Scalar } from "yaml";
import { ApiError } from "../api/api-error";

/** As GitLab says why it makes no pipeline. */
export const refused = (why: string): ApiError => new ApiError(400, { message: { base: [why] } });

/** What `!reference [.setup, script]` stands for until it is looked up. */
export class YamlReference {
  constructor(readonly path: readonly string[]) {}
}

const REFERENCE = {
  tag: "!reference",
  collection: "seq" as const,
  resolve: (sequence: { toJSON(): unknown }) =>
    new Scalar(new YamlReference((sequence.toJSON() as unknown[]).map(String))),
};

/**
 * A `.gitlab-ci.yml` as values; JSON is read too, for YAML contains it. Merge keys and `!reference` are known.
 *
 * @throws ApiError 400 with line and column
 */
export const parseYaml = (text: string): unknown => {
  const document = parseDocument(text, { merge: true, customTags: [REFERENCE as never], prettyErrors: true });
  const [problem] = document.errors;
  if (problem !== undefined) throw refused(problem.message.split("\n")[0] ?? "");
  return document.toJS({ maxAliasCount: 1_000 });
};
