import { homedir } from "node:os";
import { join } from "node:path";
import { defined } from "../../Core/defined";
import type { AwsHome, Context } from "../context";

/** What AWS's shared configuration says of a profile. */
interface Profile {
  readonly name: string;
  readonly region?: string;
}

const SECTION = /^\s*\[\s*(?:profile\s+)?["']?([^\]"']+?)["']?\s*\]/;
const REGION = /^\s*region\s*=\s*(\S+)/;

const readProfiles = (text: string): readonly Profile[] => {
  const profiles: { name: string; region?: string }[] = [];
  for (const line of text.split(/\r?\n/)) {
    const name = SECTION.exec(line)?.[1];
    if (name !== undefined) profiles.push({ name });
    const region = REGION.exec(line)?.[1];
    const current = profiles.at(-1);
    if (region !== undefined && current !== undefined) current.region = region;
  }
  return profiles.filter(({ name }) => !/^(sso-session|services)\s/.test(name));
};

/** AWS keeps profiles in two files, either of which may be missing. */
const profilesOf = ({ env, readFile }: Context): readonly Profile[] => {
  const folder = join(env.HOME ?? homedir(), ".aws");
  const paths = [
    env.AWS_CONFIG_FILE ?? join(folder, "config"),
    env.AWS_SHARED_CREDENTIALS_FILE ?? join(folder, "credentials"),
  ];
  return paths.flatMap((path) => {
    try {
      return readProfiles(Buffer.from(readFile(path)).toString("utf8"));
    } catch {
      return [];
    }
  });
};

/** What the AWS environment suggests, and which profiles there are to choose from. */
export interface AwsDefaults {
  /** Empty: the environment chooses one itself, or has credentials of its own. */
  readonly profiles: readonly string[];
  readonly regionOf: (profile: string | undefined) => string | undefined;
}

export const awsDefaults = (context: Context): AwsDefaults => {
  const { env } = context;
  const profiles = profilesOf(context);
  const isChosen = Boolean(env.AWS_PROFILE || env.AWS_ACCESS_KEY_ID);
  const named = (profile: string | undefined): string | undefined =>
    profiles.find(({ name, region }) => name === (profile ?? env.AWS_PROFILE ?? "default") && region)?.region;
  return {
    profiles: isChosen ? [] : [...new Set(profiles.map(({ name }) => name))],
    regionOf: (profile) => env.AWS_REGION || env.AWS_DEFAULT_REGION || named(profile),
  };
};

/** The variables by which programs work where our clients do. */
export const awsVariables = ({ region, profile }: AwsHome): Readonly<Record<string, string>> =>
  defined({ AWS_REGION: region, AWS_DEFAULT_REGION: region, AWS_PROFILE: profile });
