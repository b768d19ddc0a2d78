"""Sockets that connect only to checked addresses and obey one deadline, plugged into urllib3's pools.

urllib3's timeouts bound each single operation on a socket, so a receiver that sends one byte now and then could hold
a call for hours. Here every wait of a call counts against the same deadline, which `guard` sets for the thread.
"""

from __future__ import annotations

import contextlib
import queue
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import NameResolutionError, NewConnectionError
from urllib3.util.ssl_ import create_urllib3_context

from hogapi.runtime.addresses import Network, is_reachable, parse_address

CONNECT_SECONDS = 5.0


class AddressRefused(Exception):
    """The host is, or resolves to, an address that outgoing calls must not reach."""

    def __init__(self, host: str) -> None:
        super().__init__(f"The address of {host} is not allowed: it is private, local or reserved")


@dataclass(frozen=True)
class _Guard:
    ends_at: float
    allowed: tuple[Network, ...]

    def remaining(self) -> float:
        seconds = self.ends_at - time.monotonic()
        if seconds <= 0:
            raise TimeoutError("The call's time is up")
        return seconds


_guard: ContextVar[_Guard] = ContextVar("hogapi.runtime.sockets.guard")


@contextlib.contextmanager
def guard(seconds: float, allowed: tuple[Network, ...]) -> Iterator[None]:
    """Within the block, this thread's calls end after `seconds` and reach public addresses and the `allowed` ones."""
    token = _guard.set(_Guard(time.monotonic() + seconds, allowed))
    try:
        yield
    finally:
        _guard.reset(token)


class _Deadlined:
    """Arms the socket with what is left of the call's time before every operation that may wait."""

    def recv_into(self, *arguments: Any) -> int:
        self.settimeout(_guard.get().remaining())  # type: ignore[attr-defined]
        return super().recv_into(*arguments)  # type: ignore[misc, no-any-return]

    def recv(self, *arguments: Any) -> bytes:
        self.settimeout(_guard.get().remaining())  # type: ignore[attr-defined]
        return super().recv(*arguments)  # type: ignore[misc, no-any-return]

    def send(self, *arguments: Any) -> int:
        self.settimeout(_guard.get().remaining())  # type: ignore[attr-defined]
        return super().send(*arguments)  # type: ignore[misc, no-any-return]

    def sendall(self, *arguments: Any) -> None:
        self.settimeout(_guard.get().remaining())  # type: ignore[attr-defined]
        super().sendall(*arguments)  # type: ignore[misc]


class PlainSocket(_Deadlined, socket.socket):
    """A TCP socket that obeys the call's deadline."""


class TLSSocket(_Deadlined, ssl.SSLSocket):
    """A TLS socket that obeys the call's deadline."""


def tls_context() -> ssl.SSLContext:
    """A context that verifies certificates and host names, and makes sockets that obey the deadline."""
    context = create_urllib3_context(cert_reqs=ssl.CERT_REQUIRED)
    context.check_hostname = True
    context.load_default_certs()
    context.sslsocket_class = TLSSocket
    return context


def _resolve(host: str, port: int, seconds: float) -> list[tuple[Any, ...]]:
    """getaddrinfo with a time limit. Raises socket.gaierror, TimeoutError.

    The system's resolver cannot be interrupted, so it waits in a thread of its own, which is left behind if it is
    slow; it touches nothing but the resolver, hence may be a daemon.
    """
    answers: queue.SimpleQueue[list[tuple[Any, ...]] | Exception] = queue.SimpleQueue()

    def look_up() -> None:
        try:
            answers.put(list(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)))
        except Exception as error:  # carried over to the caller's thread
            answers.put(error)

    threading.Thread(target=look_up, name="resolve", daemon=True).start()
    try:
        answer = answers.get(timeout=seconds)
    except queue.Empty:
        raise TimeoutError(f"The host {host} took too long to resolve") from None
    if isinstance(answer, Exception):
        raise answer
    return answer


def _checked_addresses(host: str, port: int, current: _Guard) -> list[tuple[Any, ...]]:
    try:
        parse_address(host)
        found = list(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST))
    except ValueError:
        found = _resolve(host, port, current.remaining())
    # One forbidden address condemns the name: a mix of public and private answers is how DNS rebinding looks.
    if not all(is_reachable(parse_address(str(one[4][0])), current.allowed) for one in found):
        raise AddressRefused(host)
    return found


class _GuardedConnection:
    """What the plain and the TLS connection share: opening the socket. Mixed into urllib3's connection classes."""

    def _new_conn(self) -> socket.socket:
        connection: Any = self
        host = connection._dns_host.strip("[]")
        current = _guard.get()
        try:
            addresses = _checked_addresses(host, connection.port, current)
        except (socket.gaierror, UnicodeError) as error:
            reason = error if isinstance(error, socket.gaierror) else socket.gaierror(str(error))
            raise NameResolutionError(host, connection, reason) from error
        failure: OSError = OSError("no address found")
        for family, kind, protocol, _, address in addresses:
            opened = PlainSocket(family, kind, protocol)
            try:
                opened.settimeout(min(current.remaining(), CONNECT_SECONDS))
                opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                opened.connect(address)
                return opened
            except OSError as error:
                opened.close()
                failure = error
        if isinstance(failure, TimeoutError):
            raise failure
        raise NewConnectionError(connection, failure.strerror or str(failure)) from failure


class GuardedHTTPConnection(_GuardedConnection, HTTPConnection):
    """HTTP over a guarded socket."""


class GuardedHTTPSConnection(_GuardedConnection, HTTPSConnection):
    """HTTPS over a guarded socket; the certificate is verified against the host name, not the address."""


class GuardedHTTPPool(HTTPConnectionPool):
    """Connections to one host and port."""

    ConnectionCls = GuardedHTTPConnection


class GuardedHTTPSPool(HTTPSConnectionPool):
    """TLS connections to one host and port."""

    ConnectionCls = GuardedHTTPSConnection


POOL_CLASSES = {"http": GuardedHTTPPool, "https": GuardedHTTPSPool}
