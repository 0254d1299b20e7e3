import { at, isCall, isNode, nodesOf, rootName, type Source } from "./syntax";

const PROMISE = /\brais(?:es?|ing)\b.*\balarms?\b|\bfalse alarm\b/;

/** Evaluates an alarm as its template has it. */
const LOOKS = /\b(?:ringing|ringsAt|isRinging|rings)\(/;

/** Titles that promise an alarm, or that there is none, where no alarm is looked at: a metric or an error is not one. */
export const promisedAlarms = (source: Source): readonly string[] =>
  LOOKS.test(source.text)
    ? []
    : nodesOf(source.program, (node) => {
        const [title] = (node.arguments ?? []) as readonly unknown[];
        const isTest = isCall(node) && ["it", "test", "describe"].includes(rootName(node.callee) ?? "");
        return isTest && isNode(title) && PROMISE.test(source.text.slice(title.start, title.end));
      }).map((node) => at(source, node));
