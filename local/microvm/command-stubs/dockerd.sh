#!/bin/bash
# Replaces Docker's daemon, which a MicroVM runs until its end. Jobs run without a container: see gitlab-runner.sh.
exec sleep 86400
