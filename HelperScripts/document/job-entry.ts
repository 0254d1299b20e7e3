import { getNodeValue, type Node } from "jsonc-parser";
import { defined } from "../../Core/defined";
import { PROVIDERS, type Provider } from "../../Core/model/runner-class";
import { functionArnProblem, type Home } from "../../Core/routing/function-arn";
import {
  ANY_JOB_KEY,
  fitsPartitionKey,
  fitsSortKey,
  jobKey,
  projectJobKey,
  tagSet,
  tagsKey,
} from "../../Core/routing/mapping-keys";
import { oneOf } from "../../Core/routing/mapping-row";
import { closest, type DocumentProperties, type Findings } from "./object-reader";

/** A job of the document whose own fields are right. */
export interface JobEntry {
  readonly where: string;
  readonly node: Node;
  readonly type: Provider;
  readonly name: string;
  readonly project?: number;
  readonly tags: readonly string[];
  readonly arn?: string;
  readonly className?: string;
  readonly pk: string;
  readonly sk: string;
}

const JOB_FIELDS = ["type", "name", "tags", "project", "class", "lambdaArn"];

const show = (value: unknown): string => JSON.stringify(value) ?? "nothing";

/** Reads one entry of `jobs`, and adds everything that is wrong with it to the findings. */
class JobReader {
  private isRight = true;

  constructor(
    private readonly findings: Findings,
    private readonly node: Node,
    private readonly where: string,
    private readonly fields: DocumentProperties,
    private readonly home: Home | undefined,
  ) {}

  private wrong(field: string, message: string): undefined {
    this.isRight = false;
    this.findings.add(this.fields.get(field)?.value ?? this.node, `${this.where}.${field} ${message}`);
    return undefined;
  }

  private value(field: string): unknown {
    const property = this.fields.get(field);
    return property && getNodeValue(property.value);
  }

  private type(): Provider | undefined {
    const value = this.value("type");
    const known = oneOf(PROVIDERS, value);
    if (known) return known;
    if (value === undefined) return this.wrong("type", `is missing: say ${PROVIDERS.join(" or ")}`);
    const meant = typeof value === "string" ? closest(value, PROVIDERS) : undefined;
    return this.wrong(
      "type",
      `is ${show(value)}: ${meant ? `did you mean "${meant}"?` : `say ${PROVIDERS.join(" or ")}`}`,
    );
  }

  private name(): string | undefined {
    const value = this.value("name");
    if (typeof value === "string" && value !== "") return value;
    return this.wrong("name", `must be the job's name, or "*" for any job with these tags`);
  }

  private tags(): readonly string[] | undefined {
    const value = this.value("tags") ?? [];
    const areTags =
      Array.isArray(value) &&
      value.every((tag) => typeof tag === "string" && tag.trim() === tag && tag !== "");
    if (!areTags) return this.wrong("tags", "must be a list of tags, each a text without spaces around it");
    return fitsSortKey(tagsKey(value))
      ? tagSet(value)
      : this.wrong("tags", "are too long together: a row holds 1,024 bytes of tags");
  }

  private project(name: string | undefined): number | undefined {
    const value = this.value("project");
    if (value === undefined) return undefined;
    if (typeof value !== "number" || !Number.isSafeInteger(value) || value <= 0) {
      return this.wrong("project", "must be the project's numeric id, as GitLab shows it");
    }
    if (name === "*") {
      return this.wrong(
        "project",
        'does not go with the name "*": limit the class to projects by its "projects"',
      );
    }
    return value;
  }

  private arn(type: Provider | undefined): string | undefined {
    const value = this.value("lambdaArn");
    if (type !== undefined && type !== "LAMBDA") {
      const isAbsent = value === undefined || value === "";
      return isAbsent ? undefined : this.wrong("lambdaArn", "is for LAMBDA jobs: leave it out");
    }
    if (value === undefined) return undefined;
    const problem = type && functionArnProblem(value, this.home);
    if (problem) return this.wrong("lambdaArn", problem);
    return typeof value === "string" ? value : undefined;
  }

  private className(): string | undefined {
    const value = this.value("class");
    if (value === undefined || (typeof value === "string" && value !== "")) return value;
    return this.wrong("class", "must be the name of a class");
  }

  private pk(name: string, project: number | undefined): string {
    if (name === "*") return ANY_JOB_KEY;
    const pk = project === undefined ? jobKey(name) : projectJobKey(project, name);
    if (!fitsPartitionKey(pk)) this.wrong("name", "is too long: a row's name holds 2,048 bytes at most");
    return pk;
  }

  read(): JobEntry | undefined {
    const type = this.type();
    const name = this.name();
    const tags = this.tags();
    const project = this.project(name);
    const arn = this.arn(type);
    const className = this.className();
    const pk = name === undefined ? "" : this.pk(name, project);
    if (!this.isRight || type === undefined || name === undefined || tags === undefined) return undefined;
    return {
      where: this.where,
      node: this.node,
      type,
      name,
      tags,
      pk,
      sk: tagsKey(tags),
      ...defined({ project, arn, className }),
    };
  }
}

/** Reads `jobs[index]`; undefined when something is wrong with it, which is then among the findings. */
export const readJobEntry = (
  findings: Findings,
  node: Node,
  index: number,
  home: Home | undefined,
): JobEntry | undefined => {
  const where = `jobs[${index}]`;
  const fields = findings.fields(node, where, JOB_FIELDS);
  return fields && new JobReader(findings, node, where, fields, home).read();
};
