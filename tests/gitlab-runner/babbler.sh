#!/bin/sh
# A broken gitlab-runner: 50 MB on stderr without the end of a line.
head -c 50000000 /dev/zero | tr '\0' 'x' >&2
exit 1
