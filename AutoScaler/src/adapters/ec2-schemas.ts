import type {
  $SchemaRef,
  StaticListSchema,
  StaticOperationSchema,
  StaticStructureSchema,
} from "@smithy/types";

/**
 * The shapes of three EC2 actions, as far as the product uses them, in the form that the SDK's protocols go by.
 * The SDK's own file of them holds all 700 actions and cannot be shaken: half a megabyte, over 100 ms of every
 * cold start. A test sends the same inputs through the SDK's client and compares what goes over the wire.
 */

const NAMESPACE = "com.amazonaws.ec2";

/** Smithy's numbers for simple shapes. */
const TEXT = 0;
const NUMBER = 1;
const FLAG = 2;
const TIME = 4;

const lowerFirst = (name: string): string => name.charAt(0).toLowerCase() + name.slice(1);

const structure = (
  name: string,
  members: Readonly<Record<string, $SchemaRef>>,
  required = 0,
): StaticStructureSchema =>
  [
    3,
    NAMESPACE,
    name,
    0,
    Object.keys(members),
    Object.values(members),
    ...(required > 0 ? [required] : []),
  ] as StaticStructureSchema;

/** A member of a request, sent under another name. */
const sentAs = (xmlName: string, schema: $SchemaRef): $SchemaRef => [schema, { xmlName }] as $SchemaRef;

/** A member of an answer: EC2 begins names with a small letter, and some are other words. */
const read = (members: Readonly<Record<string, $SchemaRef>>, names: Readonly<Record<string, string>> = {}) =>
  Object.fromEntries(
    Object.entries(members).map(([name, schema]) => [name, sentAs(names[name] ?? lowerFirst(name), schema)]),
  );

const list = (name: string, item: $SchemaRef): StaticListSchema => [
  1,
  NAMESPACE,
  name,
  0,
  [item, { xmlName: "item" }] as $SchemaRef,
];

const operation = (
  name: string,
  input: StaticStructureSchema,
  output: StaticStructureSchema,
): StaticOperationSchema => [9, NAMESPACE, name, 0, () => input, () => output];

const texts = list("Texts", TEXT);

// ------------------------------------------------------------------------------------------ what several use

const tag = structure("Tag", { Key: TEXT, Value: TEXT });
const tags = list("TagList", () => tag);

// ------------------------------------------------------------------------------------------ CreateFleet

const disk = structure("FleetEbsBlockDeviceRequest", {
  Encrypted: FLAG,
  DeleteOnTermination: FLAG,
  VolumeSize: NUMBER,
  VolumeType: TEXT,
});
const blockDevice = structure("FleetBlockDeviceMappingRequest", { DeviceName: TEXT, Ebs: () => disk });
const blockDevices = list("FleetBlockDeviceMappingRequestList", () => blockDevice);
const override = structure("FleetLaunchTemplateOverridesRequest", {
  InstanceType: TEXT,
  SubnetId: TEXT,
  BlockDeviceMappings: sentAs("BlockDeviceMapping", () => blockDevices),
});
const template = structure("FleetLaunchTemplateSpecificationRequest", {
  LaunchTemplateId: TEXT,
  Version: TEXT,
});
const overrides = list("FleetLaunchTemplateOverridesListRequest", () => override);
const config = structure("FleetLaunchTemplateConfigRequest", {
  LaunchTemplateSpecification: () => template,
  Overrides: () => overrides,
});
const configs = list("FleetLaunchTemplateConfigListRequest", () => config);
const capacity = structure("TargetCapacitySpecificationRequest", {
  TotalTargetCapacity: NUMBER,
  DefaultTargetCapacityType: TEXT,
});
const strategy = structure("OptionsRequest", { AllocationStrategy: TEXT });
const tagSpecification = structure("TagSpecification", {
  ResourceType: TEXT,
  Tags: sentAs("Tag", () => tags),
});
const tagSpecifications = list("TagSpecificationList", () => tagSpecification);

const createFleetRequest = structure("CreateFleetRequest", {
  LaunchTemplateConfigs: () => configs,
  TargetCapacitySpecification: () => capacity,
  ClientToken: TEXT,
  SpotOptions: () => strategy,
  OnDemandOptions: () => strategy,
  Type: TEXT,
  TagSpecifications: sentAs("TagSpecification", () => tagSpecifications),
});

const usedOverride = structure("FleetLaunchTemplateOverrides", read({ InstanceType: TEXT, SubnetId: TEXT }));
const usedTemplate = structure("LaunchTemplateAndOverridesResponse", read({ Overrides: () => usedOverride }));
const fleetError = structure(
  "CreateFleetError",
  read({
    LaunchTemplateAndOverrides: () => usedTemplate,
    Lifecycle: TEXT,
    ErrorCode: TEXT,
    ErrorMessage: TEXT,
  }),
);
const fleetErrors = list("CreateFleetErrorsSet", () => fleetError);
const fleetInstance = structure(
  "CreateFleetInstance",
  read({ Lifecycle: TEXT, InstanceIds: () => texts, InstanceType: TEXT }),
);
const fleetInstances = list("CreateFleetInstancesSet", () => fleetInstance);
const createFleetResult = structure(
  "CreateFleetResult",
  read(
    { FleetId: TEXT, Errors: () => fleetErrors, Instances: () => fleetInstances },
    { Errors: "errorSet", Instances: "fleetInstanceSet" },
  ),
);

export const createFleet = operation("CreateFleet", createFleetRequest, createFleetResult);

// ------------------------------------------------------------------------------------------ instances

const filter = structure("Filter", { Name: TEXT, Values: sentAs("Value", () => texts) });
const filters = list("FilterList", () => filter);

const describeInstancesRequest = structure("DescribeInstancesRequest", {
  InstanceIds: sentAs("InstanceId", () => texts),
  Filters: sentAs("Filter", () => filters),
  NextToken: TEXT,
  MaxResults: NUMBER,
});

const state = structure("InstanceState", read({ Name: TEXT }));
const stateReason = structure("StateReason", read({ Code: TEXT, Message: TEXT }));
const instance = structure(
  "Instance",
  read(
    {
      InstanceId: TEXT,
      InstanceType: TEXT,
      InstanceLifecycle: TEXT,
      LaunchTime: TIME,
      State: () => state,
      StateReason: () => stateReason,
      StateTransitionReason: TEXT,
      Tags: () => readTags,
    },
    { State: "instanceState", StateTransitionReason: "reason", Tags: "tagSet" },
  ),
);
const readTag = structure("Tag", read({ Key: TEXT, Value: TEXT }));
const readTags = list("TagList", () => readTag);
const instances = list("InstanceList", () => instance);
const reservation = structure(
  "Reservation",
  read({ Instances: () => instances }, { Instances: "instancesSet" }),
);
const reservations = list("ReservationList", () => reservation);
const describeInstancesResult = structure(
  "DescribeInstancesResult",
  read({ NextToken: TEXT, Reservations: () => reservations }, { Reservations: "reservationSet" }),
);

export const describeInstances = operation(
  "DescribeInstances",
  describeInstancesRequest,
  describeInstancesResult,
);

const terminateInstancesRequest = structure("TerminateInstancesRequest", {
  InstanceIds: sentAs("InstanceId", () => texts),
});

export const terminateInstances = operation(
  "TerminateInstances",
  terminateInstancesRequest,
  structure("TerminateInstancesResult", {}),
);
