#!/bin/bash
# Passes the shipped configuration to the gitlab-runner of this machine, with the shell executor where it names the docker
# executor. The configuration goes from pipe to pipe, so that the token is in no file.
set -eu
here="${0%/*}"
. "$here/instance.env"
# What the image, or the installation, put there.
if [[ ${1:-} == --version ]]; then exec "$GLR_ROOT/usr/local/bin/gitlab-runner" --version; fi
printf '%s\n' "${0##*/} $*" >>"$GLR_COMMAND_LOG"

# All but the section [runners.docker]; the line of the executor is replaced by executor.toml.
with_shell_executor() {
  awk -v replacement="$here/executor.toml" '
    /^ *\[runners\.docker\]/ { skips = 1; next }
    /^ *\[/ { skips = 0 }
    skips { next }
    /^ *executor *= *"docker"/ { while ((getline line < replacement) > 0) print line; next }
    { print }'
}

words=()
previous=
for word in "$@"; do
  if [[ $previous == --config && -p $word ]]; then
    original=$word
    word="${original%/*}/laptop.toml"
    mkfifo -m 600 "$word"
    (
      with_shell_executor <"$original" >"$word"
      rm -f "$word"
    ) </dev/null >/dev/null 2>&1 &
  fi
  words+=("$word")
  previous=$word
done
printf '%s' "$$" >"$here/runner.pid"
exec "$GLR_GITLAB_RUNNER" "${words[@]}"
