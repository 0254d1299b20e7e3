"""Runs a command in a pseudo-terminal: in-terminal.py COLUMNS COMMAND [ARGUMENT ...].

What comes on stdin is typed, what the command writes goes to stdout, and the exit code is the command's.
"""

import fcntl
import os
import pty
import select
import struct
import sys
import termios

ROWS = 50


def main(columns: int, command: list[str]) -> int:
    pid, terminal = pty.fork()
    if pid == 0:
        fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, columns, 0, 0))
        os.execvp(command[0], command)
    sources = [terminal, 0]
    while True:
        ready, _, _ = select.select(sources, [], [])
        if 0 in ready:
            typed = os.read(0, 1024)
            if typed:
                os.write(terminal, typed)
            else:
                sources.remove(0)
        if terminal in ready:
            try:
                written = os.read(terminal, 65536)
            except OSError:  # The command has ended.
                written = b""
            if not written:
                return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
            os.write(1, written)


sys.exit(main(int(sys.argv[1]), sys.argv[2:]) & 0xFF)
