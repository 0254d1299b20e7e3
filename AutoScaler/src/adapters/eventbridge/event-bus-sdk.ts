import type { EventBus } from "../../ports";
import { eventBridgeClient } from "./client";
import { eventBridgeBus } from "./event-bus";

/** Imported by `event-bus-later.ts` alone. */
export const eventBusSdk = (busName: string): EventBus => eventBridgeBus(eventBridgeClient(), busName);
