"""Serves MiniStack on a unix socket instead of a port: what stands before it is then the only way to it."""

import http.client
import os
import socket

import hypercorn.asyncio
from ministack import app

# The socket is its owner's alone.
OWNER_ONLY = 0o077


class UnixConnection(http.client.HTTPConnection):
    """A connection to an HTTP server on a unix socket."""

    def __init__(self, path, timeout):
        super().__init__("localhost", timeout=timeout)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


def listen_on(path):
    """Binds the server, once it is started, to the socket at `path` and to nothing else."""
    serve_on_port = hypercorn.asyncio.serve

    async def serve(application, config, **options):
        config.bind = [f"unix:{path}"]
        config.umask = OWNER_ONLY
        await serve_on_port(application, config, **options)

    hypercorn.asyncio.serve = serve
    # At its start it looks whether its port is taken. GATEWAY_PORT, from which it makes the addresses of queues,
    # is that of the gateway before it, and is.
    app._resolve_port = lambda: "0"


def listen_on_socket_if_asked():
    path = os.environ.pop("LAPTOP_ENGINE_SOCKET", "")
    if path:
        listen_on(path)
