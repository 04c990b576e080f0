"""The address that the app listens on, apart from the server because it is taken before anything else."""

import errno
import socket


class CannotListenError(Exception):
    """The server cannot listen at its address; the message says why, in one line."""


def bind(host: str, port: int) -> socket.socket:
    """Take the address before any other work, so that a second start fails at once.

    Port 0 takes any free port (`socket.getsockname()[1]`). Raises `CannotListenError`.
    """
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.create_server(address[:2], family=family, backlog=2048)
    except OSError as error:
        reasons = {
            errno.EADDRINUSE: f"Port {port} on {host} is already in use. Choose another one with CRPM_PORT.",
            errno.EACCES: f"Port {port} on {host} needs more rights. Choose one above 1023 with CRPM_PORT.",
        }
        reason = reasons.get(error.errno or 0, f"Cannot listen on {host}:{port}: {error.strerror}.")
        raise CannotListenError(reason) from error
    # Connections inherit it: without it, the body of a short answer waits 40 ms for the receipt of its head.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener
