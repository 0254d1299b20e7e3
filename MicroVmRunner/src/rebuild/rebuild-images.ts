import { LambdaMicrovmsClient } from "@aws-sdk/client-lambda-microvms";
import { SSMClient } from "@aws-sdk/client-ssm";
import { readEnv } from "../../../Core/env";
import { keepImages } from "./keep-images";
import { lambdaImages } from "./lambda-images";
import { publishedImages } from "./published-images";

const env = readEnv(process.env, { configurationPath: "CONFIGURATION_PATH" });
const SETTINGS = {
  maxAttempts: 3,
  requestHandler: { connectionTimeout: 2_000, requestTimeout: 5_000, throwOnRequestTimeout: true },
};
const images = lambdaImages(new LambdaMicrovmsClient(SETTINGS));
const published = publishedImages(new SSMClient(SETTINGS), env.configurationPath);

/** Every six hours: rebuilds what is old, and publishes what was built. @throws ConfigurationError when an image could not be kept */
export const handler = (): Promise<void> => keepImages({ images, published, now: Date.now });
