import { type RowFlaw, readMapping } from "../../Core/routing/mapping-reading";
import { plural } from "../console/words";
import { flawSentence } from "../document/pulled-document";
import { deployedRows } from "../mapping/stored-rows";
import { type Check, type DoctorFinding, ok, problem, warning } from "./finding";

const AREA = "mapping";
const MAX_SHOWN = 10;
const REMEDY = "Correct it in the document, then: npm run runners -- mapping upload FILE";

const flawFinding = (flaw: RowFlaw): DoctorFinding =>
  (flaw.kind === "odd" ? warning : problem)(AREA, flawSentence(flaw), REMEDY);

const shortened = (findings: readonly DoctorFinding[], rest: string): readonly DoctorFinding[] => {
  const more = findings.length - MAX_SHOWN;
  const shown = findings.slice(0, MAX_SHOWN);
  const [last] = findings.slice(-1);
  return last && more > 0 ? [...shown, { ...last, sentence: `${plural(more, "more row")} ${rest}` }] : shown;
};

/** The mapping's rows, as look-up reads them, against the classes and functions that there are. */
export const checkMapping: Check = async (doctorContext) => {
  const { context, autoScaler, settings } = doctorContext;
  if (settings === undefined) return [];
  const { jobs, flaws } = readMapping(await deployedRows(context, autoScaler), settings);
  const [problems, warnings] = [
    flaws.filter(({ kind }) => kind !== "odd"),
    flaws.filter(({ kind }) => kind === "odd"),
  ];
  const found = [
    ...shortened(problems.map(flawFinding), "cannot be used"),
    ...shortened(warnings.map(flawFinding), "deserve a second look"),
  ];
  return problems.length > 0 ? found : [ok(AREA, `${plural(jobs.length, "row")} can be used`), ...found];
};
