"""An execution begins with its first state at once. MiniStack lets each wait first, as long as a runner takes to start.

The pause is a fixed `time.sleep` in the thread that runs an execution. What else it sleeps for stays: a Wait state, and
the interval of a retry.
"""

import sys
import time

from ministack.services import stepfunctions

PAUSE_SECONDS = 0.15


class TimeWithoutPause:
    """The module `time`, but for a sleep of just so long."""

    def __getattr__(self, name):
        return getattr(time, name)

    @staticmethod
    def sleep(seconds):
        if seconds != PAUSE_SECONDS:
            time.sleep(seconds)


def begin_at_once(require):
    run = require(stepfunctions, "_run_execution", ["exec_arn"])
    if PAUSE_SECONDS not in run.__code__.co_consts:
        sys.exit("MiniStack's executions do not wait any more before they begin: local/engine/start_pause.py can go")
    stepfunctions.time = TimeWithoutPause()
