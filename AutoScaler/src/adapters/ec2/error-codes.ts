/**
 * What each of EC2's error codes means for a launch: every code of the published list that CreateFleet, the
 * RunInstances behind it, or spot may give.
 * https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html
 *
 * - `capacity`: no capacity in these zones at the moment
 * - `limit`: a quota of the account is reached, or the account is not verified yet
 * - `rate`: too many requests
 * - `spot-role`: the account lacks the service-linked role of spot, and our functions may not make it
 * - `unsupported`: the type is not offered there; another market or zone may have it
 * - `unknown`: the outcome of the call is unknown
 * - `mismatch`: the client token was used before, so an earlier call got through
 * - `other`: nothing was launched, and a later call may succeed; also the verdict on a code that is not listed
 * - `configuration`: an operator must act
 */
export type Ec2ErrorKind =
  | "capacity"
  | "limit"
  | "rate"
  | "spot-role"
  | "unsupported"
  | "unknown"
  | "mismatch"
  | "other"
  | "configuration";

/** Separated by blanks, which is a third of a list's length in the functions' bundles. */
const CODES: Readonly<Record<Ec2ErrorKind, string>> = {
  capacity: `InsufficientInstanceCapacity InsufficientCapacity InsufficientHostCapacity InsufficientVolumeCapacity
    InsufficientReservedInstanceCapacity InsufficientReservedInstancesCapacity InsufficientCapacityOnHost
    InsufficientCapacityOnOutpost InsufficientAddressCapacity InsufficientFreeAddressesInSubnet
    ReservationCapacityExceeded SpotMaxPriceTooLow UnfulfillableCapacity`,
  limit: `VcpuLimitExceeded InstanceLimitExceeded MaxSpotInstanceCountExceeded MaxSpotFleetRequestCountExceeded
    SpotInstanceRequestLimitExceeded VolumeLimitExceeded MaxIOPSLimitExceeded AddressLimitExceeded
    NetworkInterfaceLimitExceeded ResourceLimitExceeded PendingVerification`,
  rate: `RequestLimitExceeded Throttling ThrottlingException RequestThrottled RequestThrottledException
    EC2ThrottledException TooManyRequestsException SlowDown`,
  "spot-role": "AuthFailure.ServiceLinkedRoleCreationNotPermitted",
  unsupported: `Unsupported UnsupportedOperation UnsupportedException InvalidFleetConfiguration
    InvalidInstanceType VolumeTypeNotAvailableInZone BootForVolumeTypeUnsupported EncryptedVolumesNotSupported`,
  unknown: `InternalError InternalFailure InternalServerError ServiceUnavailable Unavailable RequestTimeout
    RequestTimeoutException TimeoutError`,
  mismatch: "IdempotentParameterMismatch IdempotentInstanceTerminated",
  other: `RequestExpired InvalidSecurity.RequestHasExpired ConcurrentTagAccess IncorrectState IncorrectInstanceState
    InvalidState CreditSpecificationUpdateInProgress`,
  configuration: `AuthFailure Blocked DryRunOperation IncompleteSignature InvalidAction InvalidCharacter
    InvalidClientTokenId InvalidPaginationToken InvalidParameter InvalidParameterCombination
    InvalidParameterDependency InvalidParameterValue InvalidQueryParameter MalformedQueryString MissingAction
    MissingAuthenticationToken MissingParameter OptInRequired UnauthorizedOperation UnknownParameter
    UnsupportedInstanceAttribute UnsupportedProtocol ValidationError AttachmentLimitExceeded
    CustomerKeyHasBeenRevoked DefaultVpcDoesNotExist DependencyViolation FilterLimitExceeded
    IncompatibleHostRequirements InstanceCreditSpecification.NotSupported InvalidAffinity InvalidAMIID.Malformed
    InvalidAMIID.NotFound InvalidAMIID.Unavailable InvalidAutoPlacement InvalidAvailabilityZone
    InvalidBlockDeviceMapping InvalidCapacityReservationIdMalformedException
    InvalidCapacityReservationIdNotFoundException InvalidClientToken InvalidCpuCredits.Malformed
    InvalidDevice.InUse InvalidFormat InvalidGroup.NotFound InvalidGroupId.Malformed InvalidHostConfiguration
    InvalidHostId InvalidHostID.Malformed InvalidHostId.Malformed InvalidHostID.NotFound InvalidHostId.NotFound
    InvalidHostState InvalidIamInstanceProfileArn.Malformed InvalidID InvalidInput InvalidInstanceAttributeValue
    InvalidInstanceFamily InvalidInterface.IpAddressLimitExceeded InvalidKernelId.Malformed InvalidKey.Format
    InvalidKeyPair.Format InvalidKeyPair.NotFound InvalidLaunchTemplateId.Malformed
    InvalidLaunchTemplateId.NotFound InvalidLaunchTemplateId.VersionNotFound
    InvalidLaunchTemplateName.MalformedException InvalidLaunchTemplateName.NotFoundException InvalidManifest
    InvalidNetworkInterface.InUse InvalidNetworkInterfaceId.Malformed InvalidNetworkInterfaceID.NotFound
    InvalidPlacementGroup.Unknown InvalidProductInfo InvalidRamDiskId.Malformed InvalidRegion InvalidRequest
    InvalidSecurityGroupId.Malformed InvalidSecurityGroupID.NotFound InvalidSnapshot.NotFound
    InvalidSnapshotID.Malformed InvalidSpotFleetRequestConfig InvalidSubnet InvalidSubnetID.Malformed
    InvalidSubnetID.NotFound InvalidTagKey.Malformed InvalidTenancy InvalidVolume.NotFound
    InvalidVolume.ZoneMismatch InvalidVolumeID.ZoneMismatch InvalidVpcID.NotFound InvalidZone.NotFound MissingInput
    NoSuchVersion OperationNotPermitted PrivateIpAddressLimitExceeded RequestResourceCountExceeded
    ResourceCountExceeded SecurityGroupLimitExceeded SecurityGroupsPerInstanceLimitExceeded
    SecurityGroupsPerInterfaceLimitExceeded SignatureDoesNotMatch TagLimitExceeded UnavailableHostRequirements
    UnknownVolumeType UnsupportedHibernationConfiguration UnsupportedHostConfiguration
    UnsupportedInstanceTypeOnHost UnsupportedTenancy VolumeIOPSLimit VPCIdNotSpecified VPCResourceNotSpecified
    ZonesMismatched`,
};

const KIND_OF = new Map(
  Object.entries(CODES).flatMap(([kind, codes]) =>
    codes.split(/\s+/).map((code) => [code, kind as Ec2ErrorKind] as const),
  ),
);

/** Older answers put the side in front: `Server.InsufficientInstanceCapacity`. Undefined: not in the table. */
export const listedKind = (code: string): Ec2ErrorKind | undefined =>
  KIND_OF.get(code.replace(/^(Client|Server)\./, ""));
