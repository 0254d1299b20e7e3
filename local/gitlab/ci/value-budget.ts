import { refused } from "./refused";

/** GitLab's `max_yaml_depth`. https://docs.gitlab.com/administration/instance_limits/ */
const MAX_DEPTH = 100;

/**
 * How much a file may become. A few lines of anchors, references or `extends` can stand for billions of values.
 * GitLab counts bytes of memory (2 MB) and says the same.
 */
export class ValueBudget {
  #left: number;

  constructor(private readonly values: number) {
    this.#left = values;
  }

  /** Counts a value as often as it is used. @throws ApiError 400 as soon as there are too many, or it is too deep */
  spend(value: unknown, depth = 0): void {
    this.#left -= 1;
    if (this.#left < 0)
      throw refused(
        `The parsed YAML is too big: with anchors, references and extends it has more than ${this.values} values`,
      );
    if (depth > MAX_DEPTH)
      throw refused(`The parsed YAML is too big: it is more than ${MAX_DEPTH} levels deep`);
    if (typeof value !== "object" || value === null) return;
    for (const one of Object.values(value)) this.spend(one, depth + 1);
  }
}
