import type { Runner, Time } from "../../Core/model/ledger";
import { type KeptPrice, keptPrice } from "../../Core/pricing/microvm-price";
import { dollars, moment } from "../console/words";

/** The VM of a failed job that its class keeps. */
export interface KeptVm {
  readonly resourceId: string;
  readonly until: Time;
  /** It has ended, or ends within minutes. */
  readonly isOver: boolean;
  /** Absent: what the region asks is unknown. */
  readonly price?: KeptPrice;
  /** The AWS CLI's commands for a shell in it, one after the other. Empty: it is over. */
  readonly shell: readonly string[];
}

/** As long as a token may live, and longer than most need. */
const TOKEN_MINUTES = 30;

/**
 * A suspended VM takes no connection. The token's caller needs rights of their own: none of our functions has them.
 * https://docs.aws.amazon.com/lambda/latest/dg/microvms-troubleshooting.html
 */
const shellCommands = (region: string, id: string): readonly string[] => [
  `aws lambda-microvms resume-microvm --region ${region} --microvm-identifier ${id}`,
  `aws lambda-microvms create-microvm-shell-auth-token --region ${region} --microvm-identifier ${id} --expiration-in-minutes ${TOKEN_MINUTES}`,
];

/** Undefined: the runner has no VM that was kept. */
export const keptVm = (runner: Runner | undefined, region: string, now: Time): KeptVm | undefined => {
  const { keptUntil: until, resourceId, order } = runner ?? {};
  if (until === undefined || resourceId === undefined) return undefined;
  const { memoryMiB } = order?.runnerClass.microVm ?? {};
  const price = memoryMiB && keptPrice(region, memoryMiB);
  const isOver = until <= now;
  return {
    resourceId,
    until,
    isOver,
    ...(price ? { price } : {}),
    shell: isOver ? [] : shellCommands(region, resourceId),
  };
};

const priceText = ({ price }: KeptVm): string =>
  price === undefined
    ? "Its price in this region is unknown"
    : `At the most it costs ${dollars(price.suspend)} once and ${dollars(price.storedPerHour)} an hour; resumed, ${dollars(price.resume)} once and ${dollars(price.perHour)} an hour`;

/** For people, a line each. */
export const keptText = (kept: KeptVm): readonly string[] => {
  const { resourceId, until, isOver, shell } = kept;
  const when = `${moment(until)} (UTC)`;
  if (isOver) return [`Its MicroVM ${resourceId} was kept until ${when}.`];
  return [
    `Its MicroVM ${resourceId} is kept, suspended, until ${when}, and ends then. ${priceText(kept)}.`,
    "A shell in it, for whoever may lambda:ResumeMicrovm and lambda:CreateMicrovmShellAuthToken on its image; then Connect in Lambda's console, or a WebSocket with the token:",
    ...shell.map((command) => `  ${command}`),
  ];
};

/** For programs. */
export const keptJson = ({ until, ...kept }: KeptVm) => ({ ...kept, until: new Date(until).toISOString() });
