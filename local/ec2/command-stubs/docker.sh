#!/bin/bash
# Replaces docker. The container of a job is its shell: a child of gitlab-runner that leads a process group.
set -eu
here="${0%/*}"
. "$here/instance.env"
printf '%s\n' "${0##*/} $*" >>"$GLR_COMMAND_LOG"

running() {
  local runner id parent group
  runner=$(cat "$here/runner.pid")
  ps -A -o pid= -o ppid= -o pgid= | while read -r id parent group; do
    if [[ $parent == "$runner" && $group == "$id" ]]; then printf '%s\n' "$id"; fi
  done
}
started_at() {
  local began
  began=$(TZ=UTC LC_ALL=C ps -o lstart= -p "$1")
  date -u -d "$began" +%FT%TZ 2>/dev/null || date -u -j -f '%a %b %e %T %Y' "$began" +%FT%TZ
}
case ${1:-} in
  ps) running ;;
  inspect) started_at "${!#}" ;;
  kill) kill -KILL -- "-$2" ;;
  # A password comes by a pipe, whose writer must not find it closed.
  login) cat >/dev/null ;;
esac
