"""From granian to Django: bodies are read in the event loop, whole requests are handed to a few threads.

Under WSGI a thread waits for the body of its request, so four clients that send theirs slowly stop a server of four
threads. Here a slow body costs a suspended coroutine; it has a deadline, and large ones share a budget of memory. The
application sees an ordinary WSGI request whose body is there.
"""

from __future__ import annotations

import asyncio
import contextlib
import io
import sys
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from granian.rsgi import HTTPProtocol, ProtocolClosed, Scope

WSGIApplication = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]

# A body may take this long, and a second more for each so many bytes.
BODY_SECONDS = 30
BODY_BYTES_A_SECOND = 16 * 1024
# Bodies above the first size wait in memory for no more than the second together; small ones cost what a header costs.
SMALL_BODY_BYTES = 64 * 1024
LARGE_BODIES_BYTES = 128 * 2**20
_PLAIN = [("content-type", "text/plain; charset=utf-8")]


@dataclass
class Answer:
    """What the application gave to ``start_response``, and its body."""

    status: int = 500
    headers: list[tuple[str, str]] | None = None
    body: bytes = b""


class BodyRefused(Exception):
    """The body is not taken; ``status`` and the text say why."""

    def __init__(self, status: int, text: str, headers: Iterable[tuple[str, str]] = ()) -> None:
        super().__init__(text)
        self.status = status
        self.headers = [*_PLAIN, *headers]


class Gateway:
    """An RSGI application around a WSGI application that runs on ``threads`` threads.

    Bodies of more than ``body_bytes`` are not read: the application sees their length and refuses them in its words.
    """

    def __init__(self, application: WSGIApplication, *, threads: int, body_bytes: int) -> None:
        self._application = application
        self._body_bytes = body_bytes
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="http")
        self._large_bodies = 0
        self._environ: dict[str, Any] = {
            "SCRIPT_NAME": "",
            "SERVER_SOFTWARE": "granian",
            "wsgi.version": (1, 0),
            "wsgi.errors": sys.stderr,
            "wsgi.multithread": True,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
        }

    async def __rsgi__(self, scope: Scope, protocol: HTTPProtocol) -> None:
        """Answer one request."""
        environ = self._request_environ(scope)
        try:
            body = await self._read(environ, protocol)
        except BodyRefused as refusal:
            protocol.response_str(refusal.status, [*refusal.headers, ("connection", "close")], str(refusal))
            return
        except ProtocolClosed:
            return
        environ["wsgi.input"] = io.BytesIO(body)
        answer = await asyncio.get_running_loop().run_in_executor(self._threads, self._answer, environ)
        with contextlib.suppress(ProtocolClosed):  # the client has gone
            protocol.response_bytes(answer.status, answer.headers or _PLAIN, answer.body)

    def __rsgi_del__(self, loop: asyncio.AbstractEventLoop) -> None:
        """Let the requests under way end."""
        self._threads.shutdown(wait=True)

    def _request_environ(self, scope: Scope) -> dict[str, Any]:
        environ = self._environ | {
            "REQUEST_METHOD": scope.method,
            "PATH_INFO": scope.path.encode("utf-8", "surrogateescape").decode("latin-1"),
            "QUERY_STRING": scope.query_string,
            "SERVER_PROTOCOL": f"HTTP/{scope.http_version}",
            "wsgi.url_scheme": scope.scheme,
        }
        environ["SERVER_NAME"], _, environ["SERVER_PORT"] = scope.server.rpartition(":")
        address, _, environ["REMOTE_PORT"] = scope.client.rpartition(":")
        environ["REMOTE_ADDR"] = address.strip("[]")
        for name, value in scope.headers.items():
            # An underscore would make a name equal to another one that proxies check, such as X-Forwarded-Host.
            if "_" in name:
                continue
            key = name.upper().replace("-", "_")
            if key not in ("CONTENT_TYPE", "CONTENT_LENGTH"):
                key = f"HTTP_{key}"
            value = value.encode("utf-8", "surrogateescape").decode("latin-1")
            if key in environ and key.startswith("HTTP_"):
                value = f"{environ[key]}{'; ' if key == 'HTTP_COOKIE' else ','}{value}"
            environ[key] = value
        if scope.authority and "HTTP_HOST" not in environ:
            environ["HTTP_HOST"] = scope.authority
        return environ

    async def _read(self, environ: dict[str, Any], protocol: HTTPProtocol) -> bytes:
        """The body. Sets its true length in ``environ``. Raises BodyRefused, or ProtocolClosed when the client left."""
        declared = environ.get("CONTENT_LENGTH", "")
        chunked = environ.pop("HTTP_TRANSFER_ENCODING", None) is not None
        length = int(declared) if declared.isdigit() else 0
        if length > self._body_bytes or not (length or chunked):
            return b""
        expected = self._body_bytes if chunked else length
        with self._large_body(expected):
            try:
                async with asyncio.timeout(BODY_SECONDS + expected / BODY_BYTES_A_SECOND):
                    body = await protocol() if not chunked else await self._read_chunks(protocol)
            except TimeoutError:
                raise BodyRefused(408, "The request body took too long to arrive.") from None
        environ["CONTENT_LENGTH"] = str(len(body))
        return body

    async def _read_chunks(self, protocol: HTTPProtocol) -> bytes:
        """A body of unknown length, up to one byte more than is allowed: its length then says that it is too long."""
        parts: list[bytes] = []
        size = 0
        async for part in protocol:
            parts.append(part)
            size += len(part)
            if size > self._body_bytes:
                break
        return b"".join(parts)

    @contextlib.contextmanager
    def _large_body(self, size: int) -> Iterator[None]:
        """Count a large body against the budget while it is read. Raises BodyRefused when that is used up."""
        if size <= SMALL_BODY_BYTES:
            yield
            return
        if self._large_bodies and self._large_bodies + size > LARGE_BODIES_BYTES:
            raise BodyRefused(503, "Too many large requests are being received.", [("retry-after", "2")])
        self._large_bodies += size
        try:
            yield
        finally:
            self._large_bodies -= size

    def _answer(self, environ: dict[str, Any]) -> Answer:
        """Call the application, on one of the threads."""
        answer = Answer()

        def start_response(status: str, headers: list[tuple[str, str]], error: Any = None) -> None:
            answer.status, answer.headers = int(status[:3]), headers

        parts = self._application(environ, start_response)
        try:
            answer.body = b"".join(parts)
        finally:
            close = getattr(parts, "close", None)
            if close is not None:
                close()
        return answer
