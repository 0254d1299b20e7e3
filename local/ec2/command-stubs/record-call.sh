#!/bin/bash
# Replaces iptables and ip6tables: it records the call and does nothing.
set -eu
. "${0%/*}/instance.env"
printf '%s\n' "${0##*/} $*" >>"$GLR_COMMAND_LOG"
