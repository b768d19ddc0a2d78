"""Clients that send slowly, or too much, hold up nobody else."""

from __future__ import annotations

import socket
import time

import pytest
import urllib3

from tests.end_to_end.server import TOKEN, Server

HALF_SENT = [
    b"POST /capture/ HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{",
    b"POST /batch/ HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n",
    b"POST /api/projects/1/hog_functions/ HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{",
    b"POST /login/ HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nx",
    b"GET / HTTP/1.1\r\nHost: x\r\nX-",
]


@pytest.mark.parametrize("start", HALF_SENT)
def test_requests_that_do_not_end_hold_up_nobody(server: Server, start: bytes) -> None:
    slow = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(40)]
    try:
        for connection in slow:
            connection.sendall(start)
        time.sleep(0.3)
        for _ in range(3):
            assert urllib3.request("GET", f"{server.url}/_livez", timeout=5, retries=False).status == 200
    finally:
        for connection in slow:
            connection.close()


def _exchange(server: Server, message: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        connection.sendall(message)
        answer = b""
        while part := connection.recv(65536):
            answer += part
        return answer


def test_a_chunked_body_arrives_whole(server: Server) -> None:
    event = b'{"api_key": "%s", "event": "e", "distinct_id": "d"}' % TOKEN.encode()
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (event[:7], event[7:])) + b"0\r\n\r\n"
    head = b"POST /capture/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
    assert b'{"status":"Ok"}' in _exchange(server, head + chunks)


@pytest.mark.parametrize(("path", "says"), [("/batch/", b"maximum event size exceeded"), ("/api/x/", b"")])
def test_a_body_over_the_limit_is_refused_unread(server: Server, path: str, says: bytes) -> None:
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {2**40}\r\n\r\n".encode()
    answer = _exchange(server, head)
    assert answer.split(b" ")[1] in (b"413", b"404")
    assert says in answer


def test_a_header_with_underscores_does_not_pass_for_one_with_hyphens(server: Server) -> None:
    head = b"GET /api/users/@me/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX_Request_Id: spoofed\r\n\r\n"
    answer = _exchange(server, head)
    assert b" 401 " in answer.split(b"\r\n")[0]
    assert b"spoofed" not in answer


def test_repeated_headers_and_paths_in_any_language_reach_the_application(server: Server) -> None:
    lines = ["GET /api/projects/@current/%C3%A9 HTTP/1.1", "Host: x", "Connection: close", "Cookie: a=1", "Cookie: b=2"]
    assert b"Endpoint not found." in _exchange(server, "\r\n".join([*lines, "", ""]).encode())
