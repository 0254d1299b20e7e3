/** What a start came to. `placeFreed`: the class whose oldest waiting job may start now, or `NEXT_TURN`. */
export type StartOutcome =
  | {
      readonly kind: "launched";
      readonly runnerId: number;
      readonly resourceId: string;
      readonly placeFreed?: string;
    }
  | {
      readonly kind: "waiting";
      readonly waitingFor: "place" | "starts-on" | "ec2" | "gitlab" | "launch";
      readonly placeFreed?: string;
    }
  | { readonly kind: "nothing"; readonly reason: string }
  | { readonly kind: "failed"; readonly reason: string; readonly placeFreed?: string };
