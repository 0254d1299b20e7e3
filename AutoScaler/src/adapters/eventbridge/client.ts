import { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import { CLIENT_SETTINGS } from "../client-settings";

export const eventBridgeClient = (): EventBridgeClient => new EventBridgeClient(CLIENT_SETTINGS);
