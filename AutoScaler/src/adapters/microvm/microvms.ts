import { defined } from "../../../../Core/defined";
import type { MicroVmImage } from "../../../../Core/microvm/image";
import type { Instance, InstanceState, MicroVms } from "../../ports";
import { callAws, errorName } from "../aws-errors";
import type { MicroVmApi, MicrovmState } from "./client";

/**
 * As an instance's states. A suspended VM lives: it was suspended by us, and goes on when it is resumed.
 * https://docs.aws.amazon.com/lambda/latest/microvm-api/API_GetMicrovm.html
 */
const STATES: Readonly<Record<MicrovmState, InstanceState>> = {
  PENDING: "pending",
  RUNNING: "running",
  SUSPENDING: "running",
  SUSPENDED: "running",
  TERMINATING: "shutting-down",
  TERMINATED: "terminated",
};

/** The most that ListMicrovms gives. */
const PAGE_SIZE = 50;

interface Shown {
  readonly microvmId?: string | undefined;
  readonly state?: MicrovmState | undefined;
  readonly startedAt?: Date | undefined;
  readonly stateReason?: string | undefined;
}

const parse = ({ microvmId, state, startedAt, stateReason }: Shown): Instance[] => {
  const known = state === undefined || !Object.hasOwn(STATES, state) ? undefined : STATES[state];
  if (microvmId === undefined || known === undefined) return [];
  return [
    {
      instanceId: microvmId,
      state: known,
      launchedAt: startedAt?.getTime() ?? 0,
      ...defined({ stateReason }),
    },
  ];
};

/** "Not found" is an answer and not a failure. */
const unlessNotFound = async <Answer>(call: () => Promise<Answer>): Promise<Answer | undefined> => {
  try {
    return await call();
  } catch (error) {
    if (errorName(error) === "ResourceNotFoundException") return undefined;
    throw error;
  }
};

/** `<index of the image>:<token of its list>`: the images are listed one after the other. */
const cursorOf = (index: number, token: string | undefined, images: number): string | undefined => {
  if (token !== undefined) return `${index}:${token}`;
  return index + 1 < images ? `${index + 1}:` : undefined;
};

const readCursor = (cursor = "0:"): { readonly index: number; readonly token: string | undefined } => {
  const end = cursor.indexOf(":");
  return { index: Number(cursor.slice(0, end)), token: cursor.slice(end + 1) || undefined };
};

/**
 * The MicroVMs of one deployment: those of its images. A VM carries neither tag nor name (T-16), so a list does not tell
 * whose it is, and shows for hours what is terminated.
 *
 * @param images the deployment's, as MicroVmRunner publishes them
 */
export const lambdaMicroVms = (
  client: MicroVmApi,
  images: () => Promise<readonly MicroVmImage[]>,
): MicroVms => ({
  list: async (cursor) => {
    const arns = (await images()).map(({ imageArn }) => imageArn).sort();
    const { index, token: nextToken } = readCursor(cursor);
    const imageIdentifier = arns[index];
    if (imageIdentifier === undefined) return { items: [] };
    const input = { imageIdentifier, maxResults: PAGE_SIZE, ...defined({ nextToken }) };
    const page = await callAws("Listing the MicroVMs", () => client.listMicrovms(input));
    const next = cursorOf(index, page.nextToken, arns.length);
    return { items: (page.items ?? []).flatMap(parse), ...defined({ next }) };
  },

  describe: async (microvmIdentifier) => {
    const shown = await callAws(`Describing ${microvmIdentifier}`, () =>
      unlessNotFound(() => client.getMicrovm({ microvmIdentifier })),
    );
    return shown && parse(shown)[0];
  },

  suspend: async (microvmIdentifier) => {
    await callAws(`Suspending ${microvmIdentifier}`, () => client.suspendMicrovm({ microvmIdentifier }));
  },

  terminate: async (microvmIdentifier) => {
    await callAws(`Terminating ${microvmIdentifier}`, () =>
      unlessNotFound(() => client.terminateMicrovm({ microvmIdentifier })),
    );
  },
});
