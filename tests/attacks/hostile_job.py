"""What a hostile job tries against the process that runs it: a line for each attempt, what it was and what came of it."""

import ctypes
import os
import signal
import socket
import sys
import time

PTRACE_SEIZE = 0x4206
PIDFD_OPEN, PIDFD_GETFD = 434, 438

handler = int(sys.argv[1])
inspector = int(sys.argv[2])
libc = ctypes.CDLL(None, use_errno=True)


def tell(attempt, outcome):
    print(f"{attempt}: {outcome}", flush=True)


def refused(work):
    """`refused` where the system says no, else what was got."""
    try:
        return work()
    except OSError as error:
        return f"refused ({error.strerror})"


def read(path):
    with open(path, "rb") as file:
        return f"read {len(file.read(1_000_000))} bytes"


def read_memory():
    with open(f"/proc/{handler}/mem", "rb") as file:
        return f"opened {file.fileno() and 'memory'}"


def fail_on(result):
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    return f"done ({result})"


def read_across():
    class Part(ctypes.Structure):
        _fields_ = [("base", ctypes.c_void_p), ("length", ctypes.c_size_t)]

    buffer = ctypes.create_string_buffer(8)
    own, other = Part(ctypes.addressof(buffer), 8), Part(0x400000, 8)
    return fail_on(libc.process_vm_readv(handler, ctypes.byref(own), 1, ctypes.byref(other), 1, 0))


def take_descriptor():
    return fail_on(libc.syscall(PIDFD_GETFD, libc.syscall(PIDFD_OPEN, handler, 0), 1, 0))


def ask_inspector():
    with socket.create_connection(("127.0.0.1", inspector), timeout=1) as link:
        link.sendall(b"GET /json HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n")
        return "open" if b"webSocketDebuggerUrl" in link.recv(65536) else "answered"


def wake():
    for _ in range(3):
        os.kill(handler, signal.SIGUSR1)
        time.sleep(0.2)
    return "sent"


for name in ("environ", "maps", "auxv", "io"):
    tell(name, refused(lambda: read(f"/proc/{handler}/{name}")))
tell("mem", refused(read_memory))
tell("fd", refused(lambda: f"listed {len(os.listdir(f'/proc/{handler}/fd'))}"))
tell("cwd", refused(lambda: os.readlink(f"/proc/{handler}/cwd")))
tell("ptrace", refused(lambda: fail_on(libc.ptrace(PTRACE_SEIZE, handler, 0, 0))))
tell("process_vm_readv", refused(read_across))
tell("pidfd_getfd", refused(take_descriptor))
tell("signal", refused(wake))
tell("inspector", refused(ask_inspector))
