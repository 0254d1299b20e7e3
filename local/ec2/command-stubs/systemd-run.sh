#!/bin/bash
# Replaces systemd-run: a background process of the simulated instance waits, then runs the command.
set -eu
. "${0%/*}/instance.env"
printf '%s\n' "${0##*/} $*" >>"$GLR_COMMAND_LOG"
seconds=0
while [[ ${1:-} == -* ]]; do
  case $1 in --on-active=*) seconds=${1#*=} ;; esac
  shift
done
(
  sleep "${seconds%s}"
  exec "$@"
) </dev/null >/dev/null 2>&1 &
