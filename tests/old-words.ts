/** A word that was replaced by a term of the field. */
export interface OldWord {
  readonly word: string;
  /** The term to use. */
  readonly use: string;
  /** Narrow where the word is also ordinary English. */
  readonly pattern: RegExp;
  /** Paths to which it applies; all paths when left out. */
  readonly where?: RegExp;
}

type Row = readonly [word: string, use: string, pattern: RegExp, where?: RegExp];

const CODE = /\.(ts|mjs|cjs|js)$/;
const AUTOSCALER = /^(AutoScaler|bench|tests\/simulation)\/.*\.ts$/;
/** A type's name in code: what follows it does not occur in prose. */
const type = (name: string): RegExp => new RegExp(`\\b${name}\\b(?=\\s*[,;)>}|\\]=<]| \\{)`);
const anyOf = (...patterns: readonly RegExp[]): RegExp =>
  new RegExp(patterns.map(({ source }) => source).join("|"));

const ROWS: readonly Row[] = [
  ["World", "…Dependencies", /\bWorld\b|[a-z]World\b/, CODE],
  ["carrier", "provider", /[cC]arrier|CARRIER/],
  [
    "place",
    "slot",
    anyOf(
      /[a-z]Places?\b|[a-z]Places?[A-Z]|\bplaces?(?!Of)[A-Z]|\bplaces(?=\.ts|\.test|"|-)|place-not-/,
      /(?<!\bin )\b(its|the|free|freed|oldest|last|stack has|class has|for a|whose|stack's|class's) places?\b(?! (to|where|in|of|that|which|for the)\b)/,
      /\b(takes?|waits? for|without|there (is|are)|finds?) (a|no|as many) places?\b|\bplaces? (is|are) (free|freed|taken)/,
    ),
  ],
  [
    "give back",
    "release",
    /\bgiv(e|es|ing)Back|\bg[ia]v(e|es|en|ing) (\S+ )?(place|lease|claim)s? back|\b(place|lease|claim) (is|was) given back/,
  ],
  [
    "in line",
    "queued, in the queue",
    /\bin line\b|\b(is|#)?[iI]nLine\b|\b(into|from)Line\b|waiting line|line-not/,
  ],
  ["let go", "dispatch", /\blet-?go\b|\blet-?Go|\bLetGo|\b[lL]ets? (\S+ ){0,4}go\b(?! (on|back|through|\d))/],
  [
    "woken",
    "dispatched, dispatchedAt",
    /[wW]oken|WOKEN|\b[wW]akes? (the|who|next|\S+ oldest|nobody)|\bwake[A-Z]/,
  ],
  [
    "turn",
    "reservation, of the launch rate limiter",
    /\bTurns?\b(?! (it|on|off))|(?<!\bin)(?<=[a-z])Turns?\b|\bturns?[A-Z]|\bno-turns|\bturns(?=\.ts|\.test|")|\b(a|no|the|its|earlier) turns?\b(?! of)/,
  ],
  ["moments", "reservations", /\bMoments\b|[nN]ext-?[mM]oment|[mM]oment-?[rR]ows|row of moments/],
  ["pace", "launch rate", /\b[pP]aced?\b|\bpace[A-Z]|[a-z]Paced?\b|\bPACE/],
  ["cap", "concurrency limit, limit", /\b[cC]aps?\b|[a-z]Caps?\b|[a-z]Caps?[A-Z]|\bcaps?[A-Z]/],
  ["sweep", "reconciler; its run: a pass", /[sS]weep|SWEEP|\bswept\b/],
  ["Look", "Snapshot", anyOf(type("Look"), /\blook\.ts|\/look"/), CODE],
  ["Pass", "ReconcileContext", type("Pass"), CODE],
  ["note", "StateRecord, record", anyOf(type("Notes?"), /\bnote\(|\/note"/), AUTOSCALER],
  ["Finding", "Discrepancy", /\bFindings?\b/, AUTOSCALER],
  ["follow", "retryOnConflict", /\bfollow\(/, AUTOSCALER],
  ["whyEnd", "terminationReason", /\bwhyEnd|why-end/],
  ["leave, gone", "skip, terminated", /kind: "(leave|gone)"|=== "(leave|gone)"/, CODE],
  ["robbed", "reassigned", /\b[rR]obbed|isRobbed|\brobs?\b/],
  ["stray", "orphan", /\b[sS]trays?\b|\bSTRAY|isStray|\bstray[A-Z]/],
  ["stranger", "foreign job, somebody else", /[sS]tranger/],
  [
    "hook",
    "webhook",
    /(?<!web|web-|web |Web|WEB|project\.|\/)([hH]ook|HOOK)(?!s?_|s: \[\]| executed but|\("preAction")(?<!"Job Hook)/,
    // AWS's own word for what it calls in a MicroVM.
    /^(?!MicroVmRunner\/|docs\/invariants)(?!.*micro-?vm)/i,
  ],
  ["front door", "webhook API", /[fF]ront.?[dD]oor|FRONT_DOOR/],
  ["harmless", "command stubs; without effect", /[hH]armless/],
  ["after-us", "process priority", /after-?us\b|AfterUs/],
  ["left-over", "remaining resources", /[lL]eft[- ]?[oO]ver/],
  ["parts", "services", /\/parts"|\bparts(\.test)?\.ts|\bParts\b/, /^local\/(?!gitlab\/page).*\.ts$/],
  ["guard", "cleanup watchdog", /\/guard"|\bguard(\.test)?\.(ts|mjs|sh)|\bguard[A-Z]/],
  ["story", "scenario", /\bStor(y|ies)\b|\bstor(y|ies)(\.test)?\.ts|\/stor(y|ies)"|\bstor(y|ies)\(/, CODE],
  ["lives", "job arbitraries", /\blives(\.test)?\.ts|[/-]lives\b|\bhundreds of lives\b/],
  ["weather", "fault profile", /[wW]eather/],
  ["judges", "mutation suite", /\bjudges\b/],
  ["kitchen", "download fixture", /[kK]itchen/],
  ["Patient", "DoctorContext", /\b[pP]atient\b/, CODE],
  ["knock", "probe", /[kK]nock/],
  ["patience", "timeout", /[pP]atience|PATIENCE/],
  ["MOST_, LEAST_", "MAX_, MIN_", /\b(MOST|LEAST)_|_(MOST|LEAST)\b/],
  ["dead letters", "DLQ messages", /[dD]ead[- ]?[lL]etters\b|\b[lL]etters? (lies?|have|has)\b|read-letter/],
  ["mend", "fix", /\b[mM]end(s|ed|ing)?\b|\bMEND\b/],
  [
    "hold",
    "pause",
    /\b[hH](o|e)ld(s|ing)? (all )?(new )?starts\b|\b[sS]tarts (are|is) held\b|\b(its|the|a) hold\b/,
  ],
  ["propose", "default", /\b[pP]ropos(e|es|ed|al)\b/],
  ["lie, rest", "are stored", /\b(lies?|lay|rests) (in|under|at|on|there|below)\b/],
  [
    "is right, is no, is over",
    "valid; is not a valid …; completed",
    /is right: |names no image|is no address|All is over/,
  ],
];

/** The words that must not be used again. */
export const OLD_WORDS: readonly OldWord[] = ROWS.map(([word, use, pattern, where]) =>
  where === undefined ? { word, use, pattern } : { word, use, pattern, where },
);
