import { command, type Variables } from "./command";

/** gitlab-runner's label of the containers in which a job's scripts run. */
const OF_SCRIPTS = "label=com.gitlab.gitlab-runner.type=build";

/** Kills the containers of the job's scripts; one that has ended meanwhile is no failure. */
export const killJobContainers = async (variables: Variables): Promise<void> => {
  const ids = await command(variables, ["docker", "ps", "-q", "--no-trunc", "--filter", OF_SCRIPTS]).catch(
    () => "",
  );
  for (const id of ids.split("\n").filter(Boolean))
    await command(variables, ["docker", "kill", id]).catch(() => undefined);
};
