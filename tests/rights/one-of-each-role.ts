import type { Granted, RoleRight } from "../../local/gateway";
import type { TestLaptop } from "../end-to-end/engine";
import { PATHS, type Path } from "./paths";
import { nameOf, roleName } from "./role-right";
import { goWithoutEach, pathsOf, usesOf } from "./take-right";

type Uses = ReadonlyMap<Path, readonly Granted[]>;

const rolesOf = (rights: readonly RoleRight[]): readonly string[] => [
  ...new Set(rights.map(({ roleArn }) => roleArn)),
];

/** Of each role the used right with the quickest path. */
const oneOfEach = (rights: readonly RoleRight[], uses: Uses): readonly RoleRight[] => {
  const rank = (right: RoleRight): number => {
    const [path] = pathsOf(uses, right);
    return path === undefined ? PATHS.length : PATHS.indexOf(path);
  };
  return rolesOf(rights).flatMap((roleArn) => {
    const own = rights.filter((right) => right.roleArn === roleArn && rank(right) < PATHS.length);
    return own.sort((one, other) => rank(one) - rank(other)).slice(0, 1);
  });
};

/** AWS takes these to build an image and to write a VM's log; the laptop does both as itself. */
const OF_LAMBDA_ITSELF = /-microvm-runner-(?:Build|Runner)Role-/;

/** One right of each role is taken away while the laptop runs. `npm run rights` takes each. */
export const rightsOfRoles = (get: () => TestLaptop): void => {
  it("of each role one is missed as soon as it is taken away, and the refusal names it", async () => {
    const test = get();
    const all = await test.laptop.aws.allRights();
    const rights = all.filter(({ roleArn }) => !OF_LAMBDA_ITSELF.test(roleArn));
    const roles = rolesOf(rights).map(roleName);
    const uses = await usesOf(test, (sofar) => oneOfEach(rights, sofar).length === roles.length);
    const chosen = oneOfEach(rights, uses);
    expect(chosen.map(({ roleArn }) => roleName(roleArn))).toEqual(roles);
    const outcomes: (readonly [right: string, outcome: string])[] = [];
    for (const right of chosen) {
      const { kind } = await goWithoutEach(test, right, pathsOf(uses, right));
      outcomes.push([nameOf(right), kind]);
    }
    expect(outcomes).toEqual(chosen.map((right) => [nameOf(right), "named"]));
  }, 400_000);
};
