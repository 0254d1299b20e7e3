import fc from "fast-check";
import { ALLOWED_VARIABLES, childEnvironment } from "./child-environment";

const PLACES = { home: "/tmp/job-a/home", temporary: "/tmp/job-a/tmp" };

/** What a Lambda function has, and worse. */
const NAMES = fc.oneof(
  fc.constantFrom(
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_LAMBDA_RUNTIME_API",
    "BOOTSTRAP_TABLE",
    "TENANT_ISOLATION",
    "NODE_OPTIONS",
    "LD_PRELOAD",
    "BASH_ENV",
    "HOME",
    "PATH",
    "LANG",
    "TMPDIR",
    "CI_SERVER_TOKEN",
    "__proto__",
  ),
  fc.string({ minLength: 1 }),
);

describe("the environment of gitlab-runner", () => {
  it("T-9: for any environment of the function holds the allowed names, no more, and of their values PATH alone", () => {
    fc.assert(
      fc.property(fc.dictionary(NAMES, fc.string({ minLength: 1 })), (parent) => {
        const child = childEnvironment(parent, PLACES);
        expect(Object.keys(child).sort()).toEqual([...ALLOWED_VARIABLES].sort());
        expect({ ...child, PATH: "" }).toEqual({
          HOME: PLACES.home,
          PATH: "",
          LANG: "C.UTF-8",
          TMPDIR: PLACES.temporary,
        });
      }),
    );
  });

  it("hands PATH on, or gives one in which bash is found", () => {
    expect(childEnvironment({ PATH: "/opt/tools/bin:/bin" }, PLACES).PATH).toBe("/opt/tools/bin:/bin");
    expect(childEnvironment({}, PLACES).PATH.split(":")).toContain("/bin");
  });
});
