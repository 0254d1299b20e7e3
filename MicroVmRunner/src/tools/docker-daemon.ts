import { spawn } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { log } from "../../../Core/log";
import { command, type Variables } from "./command";

/**
 * The address of the VPC's resolver: that of the VM itself is on its loopback, which no container reaches.
 * https://docs.aws.amazon.com/vpc/latest/userguide/AmazonDNS-concepts.html
 */
const RESOLVER = "169.254.169.253";
/** What hands out the credentials of the VM's role, where it has one. */
const METADATA_SERVICE = "169.254.169.254/32";
const POLL_MILLISECONDS = 250;
const ONE_MINUTE = 240;

export interface DockerDaemon {
  /** @throws Error when Docker will never be there */
  isUp(): boolean;
}

const untilAnswers = async (variables: Variables): Promise<void> => {
  for (let tries = 0; ; tries++) {
    try {
      await command(variables, ["docker", "info"]);
      return;
    } catch (error) {
      if (tries > ONE_MINUTE) throw error;
      await sleep(POLL_MILLISECONDS);
    }
  }
};

/** Between job containers and the metadata service, before any job can run. */
const raiseWall = async (variables: Variables): Promise<void> => {
  const wall = (...words: string[]) => command(variables, ["iptables", "-w", "10", ...words]);
  await wall("-N", "DOCKER-USER").catch(() => undefined);
  await wall("-I", "DOCKER-USER", "-d", METADATA_SERVICE, "-j", "DROP");
};

/** Into the snapshot, so that no job has to fetch them. Without them a job's start takes seconds longer, and that is all. */
const pullImages = async (variables: Variables): Promise<void> => {
  for (const image of (variables.GLR_PULLED_IMAGES ?? "").split(" ").filter(Boolean))
    await command(variables, ["docker", "pull", "--quiet", image], 300_000).catch(() =>
      log.warn("IMAGE_NOT_PULLED", { image }),
    );
};

/** Starts Docker, and makes what jobs need in it. Its output goes to this program's. */
export const startDocker = (variables: Variables): DockerDaemon => {
  let isUp = false;
  let failure: Error | undefined;
  const daemon = spawn("dockerd", ["--dns", RESOLVER], { stdio: ["ignore", "inherit", "inherit"] });
  daemon.once("error", (error) => {
    failure = error;
  });
  untilAnswers(variables)
    .then(() => raiseWall(variables))
    .then(() => pullImages(variables))
    .then(
      () => {
        isUp = true;
      },
      (error: Error) => {
        failure = error;
      },
    );
  return {
    isUp: () => {
      if (failure !== undefined) throw failure;
      return isUp;
    },
  };
};
