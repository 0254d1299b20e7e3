import {
  ListManagedMicrovmImageVersionsCommand,
  type ManagedMicrovmImageVersion,
} from "@aws-sdk/client-lambda-microvms";
import type { Context } from "../../context";
import { type DoctorFinding, problem, warning } from "../finding";

const DAY = 24 * 3_600_000;
/** A base image is deprecated with its successor, and ninety days later nothing that was built from it starts any more. */
const EXPIRES_AFTER = 90 * DAY;
/** The image is built again each month: one that is so near its end has missed a build or two. */
const NEAR = 30 * DAY;

const REMEDY =
  "Build it again, from the newest base image: run MicroVmRunner's RebuildImagesFunction and look at its log, or deploy the stack with another CodeKey";

/** AWS's base images, as far as the code has seen them, e.g. `EXPIRED` and `RECALLED`; the SDK knows two of them. */
const UNUSABLE: readonly string[] = ["EXPIRED", "RECALLED"];

interface Built {
  readonly baseImageArn?: string | undefined;
  readonly baseImageVersion?: string | undefined;
}

const versionsOf = async (
  { clients }: Context,
  imageIdentifier: string,
): Promise<readonly ManagedMicrovmImageVersion[]> => {
  const found: ManagedMicrovmImageVersion[] = [];
  let nextToken: string | undefined;
  do {
    const command = new ListManagedMicrovmImageVersionsCommand({ imageIdentifier, nextToken });
    const page = await clients.microVms().send(command);
    found.push(...(page.items ?? []));
    nextToken = page.nextToken;
  } while (nextToken !== undefined);
  return found;
};

const madeAt = ({ createdAt }: ManagedMicrovmImageVersion): number => createdAt?.getTime() ?? 0;

/** Undefined: it is the newest, which does not expire. */
const expiryOf = (
  own: ManagedMicrovmImageVersion,
  all: readonly ManagedMicrovmImageVersion[],
): number | undefined => {
  const later = all.map(madeAt).filter((at) => at > madeAt(own));
  return later.length === 0 ? undefined : Math.min(...later) + EXPIRES_AFTER;
};

/** When the base of an image comes to its end. */
export const baseFindings = async (
  area: string,
  subject: string,
  { baseImageArn = "", baseImageVersion = "" }: Built,
  context: Context,
): Promise<readonly DoctorFinding[]> => {
  const all = await versionsOf(context, baseImageArn);
  const own = all.find(({ imageVersion }) => imageVersion === baseImageVersion);
  const base = `${subject}: its base image ${baseImageArn.split(":").at(-1)} ${baseImageVersion}`;
  const status: string = own?.status ?? "AVAILABLE";
  if (own === undefined || UNUSABLE.includes(status))
    return [problem(area, `${base} is ${own ? status : "not listed any more"}`, REMEDY)];
  const expiry = expiryOf(own, all);
  if (expiry === undefined || expiry - context.now() > NEAR) return [];
  const day = new Date(expiry).toISOString().slice(0, 10);
  return expiry <= context.now()
    ? [problem(area, `${base} expired on ${day}`, REMEDY)]
    : [warning(area, `${base} expires on ${day}, and then nothing starts from it`, REMEDY)];
};
