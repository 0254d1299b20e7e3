import type { Granted, RoleRight } from "../../local/gateway";
import type { TestLaptop } from "../end-to-end/engine";
import { PATHS } from "./paths";
import { isUsedBy, nameOf, roleName } from "./role-right";
import { goWithoutEach, pathsOf, usesOf } from "./take-right";
import { whyItStays } from "./unused";

const usesIn = (uses: ReadonlyMap<unknown, readonly Granted[]>, right: RoleRight): number =>
  [...uses.values()].flat().filter((granted) => isUsedBy(right, granted)).length;

/** Of each role the right that was used, on the quickest path. */
const oneOfEach = (
  rights: readonly RoleRight[],
  uses: ReadonlyMap<(typeof PATHS)[number], readonly Granted[]>,
): readonly RoleRight[] => {
  const roles = [...new Set(rights.map(({ roleArn }) => roleArn))];
  return roles.flatMap((roleArn) => {
    const used = rights.filter((right) => right.roleArn === roleArn && usesIn(uses, right) > 0);
    const quickest = used.sort(
      (one, other) => PATHS.indexOf(pathsOf(uses, one)[0]!) - PATHS.indexOf(pathsOf(uses, other)[0]!),
    );
    return quickest.slice(0, 1);
  });
};

/** One right of each role is taken away while the laptop runs. `npm run rights` takes each. */
export const rightsOfRoles = (get: () => TestLaptop): void => {
  it("of each role one is missed as soon as it is taken away, and the refusal names it", async () => {
    const test = get();
    const rights = await test.laptop.aws.allRights();
    const uses = await usesOf(test);
    const chosen = oneOfEach(rights, uses);
    const outcomes: (readonly [string, string])[] = [];
    for (const right of chosen) {
      const { kind } = await goWithoutEach(test, right, pathsOf(uses, right));
      outcomes.push([nameOf(right), kind]);
    }
    expect(outcomes).toEqual(chosen.map((right) => [nameOf(right), "named"]));
    const roles = new Set(rights.map(({ roleArn }) => roleName(roleArn)));
    expect(new Set(chosen.map(({ roleArn }) => roleName(roleArn)))).toEqual(roles);
    const unused = rights.filter((right) => usesIn(uses, right) === 0 && whyItStays(right) === undefined);
    expect(unused.map(nameOf)).toEqual([]);
  }, 400_000);
};
