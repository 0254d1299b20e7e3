#!/bin/bash
# Replaces shutdown and systemctl: powering off ends the simulated instance and nothing else.
set -eu
. "${0%/*}/instance.env"
printf '%s\n' "${0##*/} $*" >>"$GLR_COMMAND_LOG"
case "${0##*/} $* " in
  shutdown\ * | *\ poweroff\ * | *\ halt\ * | *\ reboot\ *)
    curl -q -s -o /dev/null --noproxy '*' --max-time 5 -X POST "$GLR_POWER_OFF_URL"
    ;;
esac
