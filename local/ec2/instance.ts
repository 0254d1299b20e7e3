export type SimulatorInstanceState =
  | "pending"
  | "running"
  | "shutting-down"
  | "terminated"
  | "stopping"
  | "stopped";

/** https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_InstanceState.html */
export const STATE_CODES: Readonly<Record<SimulatorInstanceState, number>> = {
  pending: 0,
  running: 16,
  "shutting-down": 32,
  terminated: 48,
  stopping: 64,
  stopped: 80,
};

/** The properties of an instance that come from its launch template or a RunInstances call. */
export interface Blueprint {
  readonly imageId: string;
  readonly userData?: string;
  readonly instanceProfileArn?: string;
  readonly isTokenRequired: boolean;
  readonly hopLimit: number;
  readonly terminatesOnShutdown: boolean;
  readonly rootDeviceName: string;
  readonly disks: readonly { readonly deviceName: string; readonly sizeGiB: number }[];
  readonly tags: Readonly<Record<string, string>>;
  readonly volumeTags: Readonly<Record<string, string>>;
}

/** An instance of the simulator. */
export interface SimulatorInstance extends Blueprint {
  readonly instanceId: string;
  readonly reservationId: string;
  readonly instanceType: string;
  readonly subnetId: string;
  readonly boughtAs: "spot" | "on-demand";
  readonly launchedAt: number;
  readonly privateIp: string;
  readonly state: SimulatorInstanceState;
  readonly stateReason?: string;
  /** When it began to shut down, in milliseconds since 1970. */
  readonly shutDownAt?: number;
  /** Time of the spot interruption, in milliseconds since 1970. */
  readonly interruptedAt?: number;
  readonly isRebalanceRecommended?: boolean;
  /** The end of its console output, at most 64 KiB. */
  readonly console?: string;
  /** Once it is stopped: its disk holds all that a runner needs. */
  readonly hasPreparedDisk?: boolean;
}

/** `arm64` for Graviton families (`t4g`, `m7gd`: a `g` after the generation) and `a1`. */
export const architectureOf = (instanceType: string): "arm64" | "x86_64" =>
  /^([a-z]+\d+g|a1)/.test(instanceType.split(".")[0] ?? "") ? "arm64" : "x86_64";
