import { marshall, unmarshall } from "@aws-sdk/util-dynamodb";
import type { DynamoTables } from "../../tests/doubles/dynamodb/tables";

type Fields = Record<string, unknown>;

/** A stored item never changes, another one replaces it: so each is read once. */
const known = new WeakMap<object, Fields>();
const fieldsOf = (item: Parameters<typeof unmarshall>[0]): Fields => {
  const fields = known.get(item) ?? unmarshall(item);
  known.set(item, fields);
  return fields;
};

/** A table in memory as tests write and read it: plain fields instead of DynamoDB's attributes. */
export class TableView {
  constructor(
    private readonly dynamo: DynamoTables,
    private readonly name: string,
  ) {}

  private get items() {
    return this.dynamo.items(this.name);
  }

  put(fields: Fields): void {
    this.items.set(JSON.stringify([fields.pk, fields.sk]), marshall(fields, { removeUndefinedValues: true }));
  }

  get(pk: string, sk: string): Fields | undefined {
    const item = this.items.get(JSON.stringify([pk, sk]));
    return item && fieldsOf(item);
  }

  rows(): readonly Fields[] {
    return [...this.items.values()].map(fieldsOf);
  }

  clear(): void {
    this.items.clear();
  }
}
