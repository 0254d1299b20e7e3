#!/bin/bash
# Checks FILE against the line of SUMS that names it (`<sha256>  [*][folder/]name`), and against a pinned sum. SUMS has been
# verified before.
#
#   sum-of.sh SUMS NAME FILE PINNED
set -euo pipefail

sums=$(awk -v name="$2" '{ file = $2; sub(/^\*/, "", file); sub(/^.*\//, "", file); if (file == name) print $1 }' "$1")
found=$(sha256sum <"$3")
found=${found%% *}

if [ "$sums" != "$found" ] || [ "${4:-}" != "$found" ]; then
  echo "$2 has the sum $found; its publisher says ${sums:-nothing}, pinned is ${4:-nothing}" >&2
  exit 1
fi
