"""Runs a command in a pseudo-terminal and presses Enter at each question: press-enter.py COMMAND [ARGUMENT ...].

What the command writes goes to stdout, the number of questions to stderr, and the exit code is the command's.
"""

import os
import pty
import re
import select
import sys

# A question of click's: its default in brackets, then a colon. A line that SAM is still writing has more after it at once.
QUESTION = re.compile(rb"\[[^\]\n]*\]: ?$")
QUIET_SECONDS = 0.5


def main(command: list[str]) -> int:
    pid, terminal = pty.fork()
    if pid == 0:
        os.execvp(command[0], command)
    questions, line = 0, b""
    while True:
        ready, _, _ = select.select([terminal], [], [], QUIET_SECONDS)
        if not ready:
            if QUESTION.search(line):
                questions, line = questions + 1, b""
                os.write(terminal, b"\n")
            continue
        try:
            written = os.read(terminal, 65536)
        except OSError:  # The command has ended.
            written = b""
        if not written:
            print(questions, file=sys.stderr)
            return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        os.write(1, written)
        line = (line + written)[-500:]


sys.exit(main(sys.argv[1:]) & 0xFF)
