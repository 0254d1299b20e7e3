import type { Settings } from "../../ports";

export interface FakeSettings extends Settings {
  on: boolean;
}

/** The switch for new starts; on until a test sets `on` to false. */
export const fakeSettings = (): FakeSettings => {
  const settings: FakeSettings = { on: true, startsAreOn: async () => settings.on };
  return settings;
};
