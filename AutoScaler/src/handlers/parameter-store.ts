import { ssmClient } from "../adapters/ssm/client";
import { publishedImages } from "../adapters/ssm/microvm-images";
import { publishedRunner } from "../adapters/ssm/published-runner";
import { storedCollector } from "../adapters/ssm/stored-collector";
import { systemClock } from "../adapters/system-clock";
import { timeout } from "./machine";

const ssm = ssmClient();

/** Imported by `parameter-store-later.ts` alone. */
export const collectorIn = (path: string) => storedCollector(path, systemClock, ssm);
export const imagesIn = (path: string) => publishedImages(ssm, path, timeout).all;
export const runnerIn = (path: string) => () => publishedRunner(ssm, path, timeout);
