import { SPOT_ROLE_REMEDY } from "../../Core/model/job-account-words";
import type { Runner } from "../../Core/model/ledger-items";

/** Why a runner was not bought as spot, or not in each pool: sentences for people. Empty: nothing held it back. */
export const spotNotes = ({ restingPools = [], afterSpotLoss, lacksSpotRole }: Runner): readonly string[] => [
  ...(lacksSpotRole
    ? [`It was bought on demand: the account has no service-linked role for spot. ${SPOT_ROLE_REMEDY}.`]
    : []),
  ...(afterSpotLoss ? ["It asks for on-demand capacity first: spot took back the job's earlier run."] : []),
  ...(restingPools.length > 0
    ? [`Spot pools left alone for it, since they failed lately: ${restingPools.join(", ")}.`]
    : []),
];
