import { evaluate, parsePolicy, rightsOf, withoutRight } from ".";
import { SESSION } from "./testing";

const ledger = parsePolicy("role/ledger", {
  Version: "2012-10-17",
  Statement: [
    { Sid: "Items", Effect: "Allow", Action: ["dynamodb:GetItem", "dynamodb:PutItem"], Resource: "*" },
    { Effect: "Allow", Action: "dynamodb:Query", Resource: "*" },
    { Effect: "Deny", Action: "dynamodb:Scan", Resource: "*" },
  ],
});

const may = (policy: typeof ledger, action: string): boolean =>
  evaluate(SESSION, { identity: [policy] }, { action, resource: "*", context: {} }).kind === "allowed";

it("lists each right that a policy gives, and no denial", () => {
  expect(rightsOf(ledger)).toEqual([
    { policy: "role/ledger", statement: "Items", action: "dynamodb:GetItem" },
    { policy: "role/ledger", statement: "Items", action: "dynamodb:PutItem" },
    { policy: "role/ledger", statement: "#1", action: "dynamodb:Query" },
  ]);
});

it("takes one right out and leaves the others", () => {
  const rights = rightsOf(ledger);
  for (const right of rights) {
    const rest = withoutRight(ledger, right);
    expect(rights.filter(({ action }) => may(rest, action))).toEqual(rights.filter((one) => one !== right));
  }
});

it("leaves a policy of another name alone", () => {
  const [right] = rightsOf(ledger);
  expect(withoutRight({ ...ledger, name: "role/other" }, right!).statements).toEqual(ledger.statements);
});
