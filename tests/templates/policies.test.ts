import { parsePolicy } from "../../local/iam";
import { asMap, type Properties, readTemplate, STACKS, type Template, type Value } from "./read-template";
import { resolve } from "./resolve";

const DOCUMENTS = ["PolicyDocument", "AssumeRolePolicyDocument", "RepositoryPolicyText", "KeyPolicy"];

/** Every policy document below a value, by its path. */
const documents = (value: Value | undefined, path: string): readonly (readonly [string, Value])[] => {
  if (Array.isArray(value)) return value.flatMap((item, index) => documents(item, `${path}/${index}`));
  return Object.entries(asMap(value)).flatMap(([key, inner]) =>
    DOCUMENTS.includes(key) ? [[`${path}/${key}`, inner] as const] : documents(inner, `${path}/${key}`),
  );
};

/** A bus's policy consists of one statement. */
const ofBus = (properties: Properties): Value => ({
  Version: "2012-10-17",
  Statement: properties.Statement ?? [],
});

const policiesOf = (template: Template): readonly (readonly [string, Value])[] =>
  template.resources.flatMap(({ id, type, properties }) =>
    type === "AWS::Events::EventBusPolicy" ? [[id, ofBus(properties)] as const] : documents(properties, id),
  );

const ALL = STACKS.flatMap((stack) => {
  const template = readTemplate(stack);
  return policiesOf(template).map(
    ([path, document]) => [`${stack}/${path}`, resolve(template, document)] as const,
  );
});

it("finds the policies of all stacks", () => {
  expect(ALL.length).toBeGreaterThan(30);
});

it.each(ALL)(
  "%s can be evaluated: each operator, condition key and variable is supported",
  (path, document) => {
    expect(parsePolicy(path, document).statements.length).toBeGreaterThan(0);
  },
);
