/** As POSIX has it: the first of these that is set says which characters there are. */
export const isUnicode = ({
  LC_ALL,
  LC_CTYPE,
  LANG,
}: Readonly<Record<string, string | undefined>>): boolean => /utf-?8/i.test(LC_ALL || LC_CTYPE || LANG || "");
