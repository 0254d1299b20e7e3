import { type RowFlaw, readMapping } from "../../Core/routing/mapping-reading";
import { isBad } from "../../Core/routing/mapping-row";
import { type RoutingSettings, readSettings } from "../../Core/routing/routing";
import type { UnmappedJobs } from "../../Core/routing/settings-row";
import { plural } from "../console/words";
import { flawSentence } from "../document/pulled-document";
import { deployedRows } from "../mapping/stored-rows";
import { unsizedText } from "../mapping/unsized-types";
import { type Check, type DoctorFinding, ok, problem, warning } from "./finding";

const AREA = "mapping";
const MAX_SHOWN = 10;
const REMEDY = "Correct it in the document, then: npx runners mapping upload FILE";

const flawFinding = (flaw: RowFlaw): DoctorFinding =>
  (flaw.kind === "odd" ? warning : problem)(AREA, flawSentence(flaw), REMEDY);

const shortened = (findings: readonly DoctorFinding[], rest: string): readonly DoctorFinding[] => {
  const more = findings.length - MAX_SHOWN;
  const shown = findings.slice(0, MAX_SHOWN);
  const [last] = findings.slice(-1);
  return last && more > 0 ? [...shown, { ...last, sentence: `${plural(more, "more row")} ${rest}` }] : shown;
};

const UNMAPPED: Readonly<Record<UnmappedJobs, string>> = {
  DEFAULT:
    'get the default runner, also jobs whose tags mean other runners ("unmappedJobs": "UNTAGGED" leaves those alone)',
  UNTAGGED: "are left to other runners where they have tags; those without tags get the default runner",
  IGNORE: "are left to other runners",
};

const unmappedFinding = ({ unmappedJobs }: RoutingSettings): DoctorFinding =>
  ok(AREA, `Jobs that neither a row nor a tag such as aws:cpu=4 gives a runner ${UNMAPPED[unmappedJobs]}`);

const unsizedFinding = (settings: RoutingSettings): readonly DoctorFinding[] => {
  const text = unsizedText(settings);
  const remedy = "Name the type in a class, or take it out of AutoScaler's instance type parameters";
  return text === undefined ? [] : [warning(AREA, text, remedy)];
};

/** The mapping's rows, as look-up reads them, against the classes and functions that there are. */
export const checkMapping: Check = async (doctorContext) => {
  const { context, autoScaler, settings } = doctorContext;
  if (settings === undefined) return [];
  const rows = await deployedRows(context, autoScaler);
  const { jobs, flaws } = readMapping(rows, settings);
  const [problems, warnings] = [
    flaws.filter(({ kind }) => kind !== "odd"),
    flaws.filter(({ kind }) => kind === "odd"),
  ];
  const found = [
    ...shortened(problems.map(flawFinding), "cannot be used"),
    ...shortened(warnings.map(flawFinding), "deserve a second look"),
  ];
  const inForce = await readSettings(async (pk) => rows.filter((row) => row.pk === pk), settings);
  const ofSettings = isBad(inForce) ? [] : [unmappedFinding(inForce)];
  const good = problems.length > 0 ? [] : [ok(AREA, `${plural(jobs.length, "row")} can be used`)];
  return [...good, ...found, ...ofSettings, ...unsizedFinding(settings)];
};
