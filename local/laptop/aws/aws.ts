import type { ReadPath } from "../../deployed";
import type { Ec2Handler, Instance, InstanceCredentials } from "../../ec2";
import type { Authorizer, Caller, Granted, RoleRight, TakenRights } from "../../gateway";
import type { MetLimits } from "../../limits/met-limits";
import type { MicroVmHandler } from "../../microvm";
import type { HttpApi } from "../../webhook-api/http-api";
import type { ClientSettings } from "../client-settings";

type Env = Readonly<Record<string, string>>;

/** A right that somebody did not have. */
export interface RefusedCall {
  readonly message: string;
  readonly caller?: Caller;
}

export interface AwsSettings {
  /** The account's limits; absent: nothing is limited. */
  readonly account?: MetLimits;
  /** Called with a sentence when the engine ends by itself. */
  readonly onCrash: (sentence: string) => void;
  readonly log: (message: string) => void;
  /** Where HTTP APIs are served, e.g. `http://127.0.0.1:40123`. */
  readonly apiOrigin: string;
  /** Told of each resource that a stack is deployed without. */
  readonly onDropped?: (sentence: string) => void;
  /** Told of each right that was used. */
  readonly onGranted?: (granted: Granted) => void;
  /** Told of each call that was refused for a missing right. */
  readonly onRefused?: (refused: RefusedCall) => void;
}

/** What a simulated EC2 gives: its calls' answers, and what it knows of its instances. */
export interface Ec2Part extends Ec2Handler {
  instances(): readonly Instance[];
}

/** What the MicroVM host gives: its calls' answers, and the image of each MicroVM. */
export interface MicroVmPart extends MicroVmHandler {
  imageOf(microvmId: string): string | undefined;
}

/** Everything that plays AWS on the laptop, behind one address. */
export interface Aws {
  readonly endpoint: string;
  /** The operator's variables. */
  readonly env: Env;
  /** As `env`, with credentials for SAM alone. */
  readonly samEnv: Env;
  /** For what is AWS itself (EC2, Lambda): it needs no rights. */
  readonly asAws: ClientSettings;
  /** With it events of EC2 are taken; absent with another emulator. */
  readonly eventsKey?: string;
  readonly pid?: number;
  /** The unix socket on which functions' calls come; undefined with an emulator that takes none. */
  readonly hostSocket?: string;
  /** Whether calls are signed and judged; false with another emulator. */
  readonly hasIam: boolean;
  readonly authorize: Authorizer;
  /** Reads what AWS itself reads: a function's code. */
  readonly readPath: ReadPath;
  /** The HTTP APIs as they are deployed at this moment. */
  readonly httpApis: () => Promise<readonly HttpApi[]>;
  /** Takes rights of roles away while it runs. */
  readonly takeRights: TakenRights["take"];
  /** Every right that the policies of the deployed roles give at this moment. */
  allRights(): Promise<readonly RoleRight[]>;
  /** Variables of a session of a role, which a service takes for a function or an API. */
  sessionEnv(service: string, caller: Caller & { kind: "role" }): Promise<Env>;
  /** Credentials of an instance's session of its profile's role; undefined without a profile. */
  instanceCredentials(instance: Instance): Promise<InstanceCredentials | undefined>;
  /** From now on a simulated EC2 answers its actions. */
  setEc2(ec2: Ec2Part): void;
  /** From now on the MicroVM host answers its operations. */
  setMicroVms(microVms: MicroVmPart): void;
  close(): Promise<void>;
}
