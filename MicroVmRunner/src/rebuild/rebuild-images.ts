import { LambdaMicrovmsClient } from "@aws-sdk/client-lambda-microvms";
import { SSMClient } from "@aws-sdk/client-ssm";
import { readEnv } from "../../../Core/env";
import { keepImages } from "./keep-images";
import { lambdaImages } from "./lambda-images";
import { publishedImages } from "./published-images";

const env = readEnv(process.env, { configurationPath: "CONFIGURATION_PATH" });
const images = lambdaImages(new LambdaMicrovmsClient({}));
const published = publishedImages(new SSMClient({}), env.configurationPath);

/** Every six hours: rebuilds what is old, and publishes what was built. @throws ConfigurationError when an image could not be kept */
export const handler = (): Promise<void> => keepImages({ images, published, now: Date.now });
