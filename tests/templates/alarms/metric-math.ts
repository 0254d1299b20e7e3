import { parseExpression } from "@babel/parser";

/** A series' value at one time; undefined: it has no data point there. */
export type Datum = number | undefined;

/** Scalars have a value at every time, and fill no gap of a series. */
interface Operand {
  readonly value: Datum;
  readonly isScalar: boolean;
}

type Syntax = ReturnType<typeof parseExpression>;
type Values = Readonly<Record<string, Datum>>;

const OPERATORS: Readonly<Record<string, (one: number, other: number) => Datum>> = {
  "+": (one, other) => one + other,
  "-": (one, other) => one - other,
  "*": (one, other) => one * other,
  // A data point that would be divided by zero is dropped.
  "/": (one, other) => (other === 0 ? undefined : one / other),
  ">=": (one, other) => Number(one >= other),
  ">": (one, other) => Number(one > other),
  "<": (one, other) => Number(one < other),
  "<=": (one, other) => Number(one <= other),
};

const series = (value: Datum): Operand => ({ value, isScalar: false });

/** Of two series one of which has no value at a time, that one counts as 0. */
const operate = (operator: string, one: Operand, other: Operand): Operand => {
  const calculate = OPERATORS[operator];
  if (calculate === undefined) throw new Error(`The operator ${operator} is not known here`);
  const isScalar = one.isScalar && other.isScalar;
  const hasValue = [one, other].some((operand) => operand.value !== undefined && !operand.isScalar);
  return hasValue || isScalar
    ? { value: calculate(one.value ?? 0, other.value ?? 0), isScalar }
    : series(undefined);
};

/** What is chosen and has no value is 0 where the condition is true, and dropped where it is false. */
const choose = (condition: Operand, one: Operand, other: Operand | undefined): Operand => {
  if (condition.value === undefined) return series(undefined);
  return series(condition.value === 0 ? other?.value : (one.value ?? 0));
};

const operandOf = (syntax: object, values: Values): Operand => {
  const node = syntax as Syntax;
  if (node.type === "NumericLiteral") return { value: node.value, isScalar: true };
  if (node.type === "Identifier" && node.name in values) return series(values[node.name]);
  if (node.type === "BinaryExpression")
    return operate(node.operator, operandOf(node.left, values), operandOf(node.right, values));
  if (node.type === "CallExpression" && node.callee.type === "Identifier" && node.callee.name === "IF") {
    const [condition, one, other] = node.arguments.map((argument) => operandOf(argument, values));
    if (condition !== undefined && one !== undefined) return choose(condition, one, other);
  }
  throw new Error(`${node.type} is not known here`);
};

const known = new Map<string, Syntax>();

const parsed = (expression: string): Syntax => {
  const syntax = known.get(expression) ?? parseExpression(expression);
  known.set(expression, syntax);
  return syntax;
};

/**
 * The value of an expression of CloudWatch's metric math at one time, as far as our alarms use it: numbers, names,
 * arithmetic, comparisons and `IF`, and what becomes of missing data in each.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
 *
 * @throws Error for what is not known here
 */
export const evaluate = (expression: string, values: Values): Datum =>
  operandOf(parsed(expression), values).value;
