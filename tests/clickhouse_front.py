"""A ClickHouse server for tests: chDB behind ClickHouse's HTTP protocol, in a process of its own.

chDB is the real engine but allows one process; this front lets several processes use it through clickhouse-connect's
real HTTP client. ``Front`` starts, stops, kills and restarts it on one port and one folder. It speaks the part of the
protocol that the client uses: SQL in the body or in ``query``, ``param_*``, settings, multipart forms, compressed
bodies and answers, sessions, credentials, error codes.
"""

from __future__ import annotations

import argparse
import base64
import contextlib
import email.parser
import email.policy
import gzip
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import urllib.request
import uuid
import zlib
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import parse_qsl, urlsplit

ROOT = Path(__file__).parent.parent

# Parameters of the transport; every other one is a setting.
_TRANSPORT = frozenset(
    """
    query database default_format session_id session_timeout session_check query_id compress decompress user password
    wait_end_of_query client_protocol_version role enable_http_compression send_progress_in_http_headers
    http_headers_progress_interval_ms cancel_http_readonly_queries_on_client_close buffer_size quota_key
    """.split()  # noqa: SIM905
)
_INSERT = re.compile(rb"\s*INSERT\s+INTO\s.*?\bFORMAT\s+(\w+)\s*", re.IGNORECASE | re.DOTALL)
_FORMAT = re.compile(rb"\bFORMAT\s+(\w+)\s*;?\s*$", re.IGNORECASE)
_STATUS = {47: 404, 60: 404, 81: 404, 62: 400, 159: 408, 241: 500, 516: 403}


class Front:
    """The server's process. ``url`` stays the same over ``stop`` and ``start``."""

    def __init__(self, folder: Path, *, password: str = "") -> None:
        self._folder = folder
        self._password = password
        self._process: subprocess.Popen[str] | None = None
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]

    @property
    def url(self) -> str:
        credentials = f"default:{self._password}@" if self._password else ""
        return f"http://{credentials}127.0.0.1:{self.port}"

    def __enter__(self) -> Front:
        self.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.stop()

    def start(self) -> None:
        """Start the process and wait until it answers."""
        command = [sys.executable, "-m", "tests.clickhouse_front", str(self._folder), "--port", str(self.port)]
        if self._password:
            command += ["--password", self._password]
        self._process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        assert self._process.stdout.readline().strip() == "ready", "the ClickHouse front did not start"

    def stop(self) -> None:
        """End the process in order (its engine closes); nothing happens when it has ended."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End the process at once, as a crash would."""
        self._end(signal.SIGKILL)

    def spoil_answers(self, *, lose: int = 0, withhold: int = 0) -> None:
        """From now on apply this many inserts and drop the connection, or leave the client waiting, without answer."""
        url = f"http://127.0.0.1:{self.port}/spoil_answers?lose={lose}&withhold={withhold}"
        urllib.request.urlopen(urllib.request.Request(url, method="POST"), timeout=5).close()

    def _end(self, how: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(30)
            assert self._process.stdout is not None
            self._process.stdout.close()
            self._process = None


class Engine:
    """chDB, one short-lived handle a statement; sessions keep theirs."""

    def __init__(self, folder: str) -> None:
        import chdb

        self._connect = lambda: chdb.connect(folder)
        self._keep_open = self._connect()
        self._sessions: dict[str, Any] = {}
        self._session_locks: dict[str, threading.Lock] = {}

    def run(
        self,
        sql: bytes,
        data: bytes,
        *,
        parameters: dict[str, str],
        settings: dict[str, str],
        output: str,
        session: str,
    ) -> Any:
        """Run one statement and return chDB's result. Raises chDB's error, whose text starts with ``Code: <n>``."""
        with self._handle(session) as handle:
            for name, value in settings.items():
                handle.query(f"SET {name} = '{_quoted(value)}'")
            insert = _INSERT.match(sql)
            if insert is None:
                return handle.query((sql + data).decode(), output, params=parameters)
            return self._insert(handle, sql[: insert.start(1)], insert[1].decode(), sql[insert.end() :] + data)

    @staticmethod
    def _insert(handle: Any, head: bytes, format: str, data: bytes) -> Any:
        with tempfile.NamedTemporaryFile() as file:
            file.write(data)
            file.flush()
            before_format = head.decode().rstrip()[: -len("FORMAT")]
            return handle.query(f"{before_format} FROM INFILE '{file.name}' FORMAT {format}", "TabSeparated")

    @contextlib.contextmanager
    def _handle(self, session: str) -> Iterator[Any]:
        if session:
            with self._session_locks.setdefault(session, threading.Lock()):
                yield self._sessions.setdefault(session, None) or self._open_session(session)
            return
        handle = self._connect()
        try:
            yield handle
        finally:
            handle.close()

    def _open_session(self, session: str) -> Any:
        self._sessions[session] = self._connect()
        return self._sessions[session]

    def close(self) -> None:
        """Close the engine in order, once no statement runs."""
        for handle in [*self._sessions.values(), self._keep_open]:
            handle.close()


class Handler(BaseHTTPRequestHandler):
    """One connection. The answer is whole before its first byte is sent, so an error never follows a 200."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1  # one segment an answer: the client's delayed acknowledgement would cost 40 ms otherwise
    disable_nagle_algorithm = True
    engine: Engine
    password = ""
    answers_to_spoil: ClassVar[dict[str, int]] = {"lose": 0, "withhold": 0}

    def do_GET(self) -> None:
        if urlsplit(self.path).path == "/ping":
            self._answer(200, b"Ok.\n")
        else:
            self._statement(b"")

    def do_POST(self) -> None:
        body = self._body()
        url = urlsplit(self.path)
        if url.path == "/spoil_answers":
            self.answers_to_spoil.update({way: int(count) for way, count in parse_qsl(url.query)})
            self._answer(200, b"")
        else:
            self._statement(body)

    def _statement(self, body: bytes) -> None:
        fields = dict(parse_qsl(urlsplit(self.path).query, keep_blank_values=True))
        if not self._known_user():
            self._fail(516, "Code: 516. DB::Exception: default: Authentication failed. (AUTHENTICATION_FAILED)")
            return
        if self.headers.get_content_type() == "multipart/form-data":
            fields |= _form(self.headers["Content-Type"], body)
            body = b""
        sql = fields.get("query", "").encode()
        sql, data = (sql, body) if sql else (body, b"")
        if sql and data and not _INSERT.match(sql):
            sql += b"\n"
        format_in_sql = _FORMAT.search(sql)
        format = format_in_sql[1].decode() if format_in_sql else fields.get("default_format", "TabSeparated")
        try:
            result = self.engine.run(
                sql,
                data,
                parameters={name[6:]: value for name, value in fields.items() if name.startswith("param_")},
                settings={k: v for k, v in fields.items() if k not in _TRANSPORT and not k.startswith("param_")},
                output=format,
                session=fields.get("session_id", ""),
            )
        except Exception as error:
            code = re.search(r"Code: (\d+)", str(error))
            self._fail(int(code[1]) if code else 1002, str(error))
            return
        if _INSERT.match(sql) and self._is_spoilt():
            return
        answer = bytes(result.bytes() or b"")
        headers = {"X-ClickHouse-Summary": f'{{"read_rows":"{result.rows_read()}"}}'}
        if answer or format_in_sql:
            headers["X-ClickHouse-Format"] = format
        self._answer(200, answer, **headers, compress=fields.get("enable_http_compression") == "1")

    def _is_spoilt(self) -> bool:
        if self.answers_to_spoil["withhold"] > 0:
            self.answers_to_spoil["withhold"] -= 1
            self.connection.recv(1)  # returns when the client gives up or dies
        elif self.answers_to_spoil["lose"] > 0:
            self.answers_to_spoil["lose"] -= 1
            self.connection.shutdown(socket.SHUT_RDWR)
        else:
            return False
        self.close_connection = True
        return True

    def _known_user(self) -> bool:
        if not self.password:
            return True
        basic = base64.b64encode(f"default:{self.password}".encode()).decode()
        return self.headers.get("Authorization") == f"Basic {basic}"

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding") == "chunked":
            chunks = []
            while size := int(self.rfile.readline(), 16):
                chunks.append(self.rfile.read(size))
                self.rfile.readline()
            self.rfile.readline()
            body = b"".join(chunks)
        else:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        return _decompressed(body, self.headers.get("Content-Encoding", ""))

    def _fail(self, code: int, message: str) -> None:
        self._answer(_STATUS.get(code, 500), message.encode(), **{"X-ClickHouse-Exception-Code": str(code)})

    def _answer(self, status: int, body: bytes, *, compress: bool = False, **headers: str) -> None:
        accepted = self.headers.get("Accept-Encoding", "")
        if compress and body:
            body, headers["Content-Encoding"] = _compressed(body, accepted)
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("X-ClickHouse-Query-Id", str(uuid.uuid4()))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: Any) -> None:
        pass


def _quoted(value: str) -> str:
    return value.replace("\\", "\\\\").replace("'", "\\'")


def _form(content_type: str, body: bytes) -> dict[str, str]:
    head = f"Content-Type: {content_type}\r\n\r\n".encode()
    message = email.parser.BytesParser(policy=email.policy.HTTP).parsebytes(head + body)
    fields = {}
    for part in message.iter_parts():
        name = part.get_param("name", header="content-disposition")
        fields[str(name)] = part.get_payload(decode=True).decode()  # type: ignore[union-attr]
    return fields


def _decompressed(body: bytes, encoding: str) -> bytes:
    if encoding == "lz4":
        import lz4.frame

        return bytes(lz4.frame.decompress(body))
    if encoding == "zstd":
        from backports import zstd

        return zstd.decompress(body)
    if encoding == "gzip":
        return gzip.decompress(body)
    return zlib.decompress(body) if encoding == "deflate" else body


def _compressed(body: bytes, accepted: str) -> tuple[bytes, str]:
    if "lz4" in accepted:
        import lz4.frame

        return lz4.frame.compress(body), "lz4"
    return (gzip.compress(body, 1), "gzip") if "gzip" in accepted else (body, "identity")


class Server(ThreadingHTTPServer):
    daemon_threads = True  # kept-alive connections do not keep the process
    request_queue_size = 128


def main() -> None:
    """Serve until SIGTERM."""
    arguments = argparse.ArgumentParser()
    arguments.add_argument("folder")
    arguments.add_argument("--port", type=int, required=True)
    arguments.add_argument("--password", default="")
    options = arguments.parse_args()
    Handler.engine = Engine(options.folder)
    Handler.password = options.password
    server = Server(("127.0.0.1", options.port), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    thread.start()
    print("ready", flush=True)
    stop.wait()
    server.shutdown()
    thread.join()
    server.server_close()
    Handler.engine.close()


if __name__ == "__main__":
    main()
