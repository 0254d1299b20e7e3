#!/bin/bash
# Hands the shipped configuration on to the program that runs jobs here, with the shell executor in the place of the
# docker executor. It goes from pipe to pipe: the token lies in no file here, either.
set -eu
here="${0%/*}"
. "$here/instance.env"
printf '%s\n' "${0##*/} $*" >>"$GLR_HARMLESS_LOG"

# The lines before [runners.docker], with those of executor.toml for the executor's.
with_shell_executor() {
  awk -v part="$here/executor.toml" '
    /^ *\[runners\.docker\]/ { exit }
    /^ *executor *=/ { while ((getline line < part) > 0) print line; next }
    { print }'
}

words=()
previous=
for word in "$@"; do
  if [[ $previous == --config && -p $word ]]; then
    given=$word
    word="${given%/*}/laptop.toml"
    mkfifo -m 600 "$word"
    (
      with_shell_executor <"$given" >"$word"
      rm -f "$word"
    ) </dev/null >/dev/null 2>&1 &
  fi
  words+=("$word")
  previous=$word
done
exec "$GLR_GITLAB_RUNNER" "${words[@]}"
