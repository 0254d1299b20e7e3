import { type Fields, isFields, listAt, mapAt, requireText } from "./fields";
import { UnclearCallError } from "./need";

/** `name = :value`, with `#placeholder` for a name. */
const EQUALITY = /([#\w.-]+)\s*=\s*(:\w+)/g;

const fromExpression = (fields: Fields, partitionKey: string): unknown => {
  const names = mapAt(fields, "ExpressionAttributeNames");
  const values = mapAt(fields, "ExpressionAttributeValues");
  const found = [...requireText(fields, "KeyConditionExpression").matchAll(EQUALITY)].filter(
    ([, name = ""]) => (name.startsWith("#") ? names[name] : name) === partitionKey,
  );
  const [match, ...others] = found;
  return others.length > 0 ? undefined : values[match?.[2] ?? ""];
};

/** The older form: `KeyConditions: { pk: { ComparisonOperator: "EQ", AttributeValueList: [value] } }`. */
const fromConditions = (fields: Fields, partitionKey: string): unknown => {
  const condition = mapAt(fields, "KeyConditions")[partitionKey];
  return isFields(condition) ? listAt(condition, "AttributeValueList")[0] : undefined;
};

/**
 * The partition key's value that a query asks for.
 * @throws UnclearCallError when it cannot be told: without it a condition on leading keys would hold
 */
export const leadingKeyOfQuery = (fields: Fields, partitionKey: string): unknown => {
  const value =
    "KeyConditionExpression" in fields
      ? fromExpression(fields, partitionKey)
      : fromConditions(fields, partitionKey);
  if (value === undefined) throw new UnclearCallError(`The query does not name one ${partitionKey}`);
  return value;
};
