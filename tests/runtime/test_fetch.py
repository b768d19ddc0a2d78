"""Outgoing HTTP: guarded, bounded in time and size, and honest about what happened."""

from __future__ import annotations

import gzip
import ipaddress
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from hogapi.runtime import sockets
from hogapi.runtime.fetch import (
    MAX_RETRY_AFTER_SECONDS,
    Fetcher,
    InvalidRequest,
    Limits,
    Outcome,
    build_request,
    delay_before_retry,
    retry_after,
)

LOCAL = (ipaddress.ip_network("127.0.0.0/8"),)


@pytest.fixture
def fetcher() -> Iterator[Fetcher]:
    """Reaches this machine, where the receiver is."""
    made = Fetcher(LOCAL)
    yield made
    made.close()


@pytest.fixture
def public_fetcher() -> Iterator[Fetcher]:
    made = Fetcher()
    yield made
    made.close()


def get(fetcher: Fetcher, url: str, **limits: Any) -> Outcome:
    return fetcher.send(build_request(url), limits=Limits(**limits))


def test_sends_method_headers_and_json_body_and_returns_the_answer(fetcher: Fetcher, receiver: Any) -> None:
    receiver.respond = lambda request: (201, {"Content-Type": "application/json", "X-Id": "7"}, b'{"made": [1]}')
    request = build_request(
        receiver.url + "/hook?a=1", {"method": "post", "headers": {"X-Token": "t", "X-N": 5}, "body": {"a": "é"}}
    )
    outcome = fetcher.send(request)
    assert (outcome.status, outcome.parsed_body(), outcome.headers["x-id"]) == (201, {"made": [1]}, "7")
    assert not outcome.failed
    sent = receiver.requests[0]
    assert (sent.method, sent.path, sent.json) == ("POST", "/hook?a=1", {"a": "é"})
    assert (sent.headers["X-Token"], sent.headers["X-N"]) == ("t", "5")
    assert sent.headers["Host"] == f"127.0.0.1:{receiver.port}"


def test_a_text_body_is_sent_as_it_is_and_get_sends_none(fetcher: Fetcher, receiver: Any) -> None:
    fetcher.send(build_request(receiver.url, {"method": "PUT", "body": "plain"}))
    fetcher.send(build_request(receiver.url, {"method": "GET", "body": "plain"}))
    assert [request.body for request in receiver.requests] == [b"plain", b""]


def test_connections_are_reused(fetcher: Fetcher, receiver: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = []
    original = sockets._checked_addresses
    monkeypatch.setattr(sockets, "_checked_addresses", lambda *a: opened.append(1) or original(*a))
    for _ in range(3):
        assert get(fetcher, receiver.url).status == 200
    assert len(opened) == 1


FORBIDDEN_HOSTS = [
    "127.0.0.1",
    "localhost",
    "127.1",
    "2130706433",
    "0x7f000001",
    "0x7f.0.0.1",
    "0177.0.0.1",
    "017700000001",
    "0",
    "10.0.0.1",
    "100.64.0.1",
    "169.254.169.254",
    "192.168.0.1",
    "224.0.0.1",
    "[::1]",
    "[::]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[64:ff9b::7f00:1]",
    "[2002:7f00:1::]",
]


@pytest.mark.parametrize("host", FORBIDDEN_HOSTS)
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_forbidden_addresses_are_refused_in_every_spelling(public_fetcher: Fetcher, scheme: str, host: str) -> None:
    outcome = get(public_fetcher, f"{scheme}://{host}:9/latest/meta-data", seconds=2)
    assert outcome.status is None
    assert not outcome.retriable
    assert "is not allowed" in (outcome.error or "")


@pytest.mark.parametrize("answers", [["10.0.0.7"], ["93.184.216.34", "127.0.0.1"], ["::ffff:169.254.169.254"]])
def test_a_name_that_resolves_to_a_forbidden_address_is_refused(
    public_fetcher: Fetcher, monkeypatch: pytest.MonkeyPatch, answers: list[str]
) -> None:
    found = [
        (socket.AF_INET6 if ":" in one else socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, 80)) for one in answers
    ]
    monkeypatch.setattr(sockets.socket, "getaddrinfo", lambda *a, **k: found)
    outcome = get(public_fetcher, "http://innocent.example/")
    assert outcome.error == "The address of innocent.example is not allowed: it is private, local or reserved"


def test_the_checked_address_is_the_one_connected_to(
    fetcher: Fetcher, receiver: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name server that answers differently the second time finds nobody asking."""
    asked: list[str] = []

    def resolve(host: str, port: int, **options: Any) -> list[Any]:
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]

    monkeypatch.setattr(sockets.socket, "getaddrinfo", resolve)
    assert get(fetcher, f"http://rebound.example:{receiver.port}/").status == 200
    assert asked == ["rebound.example"]
    assert receiver.requests[0].headers["Host"] == f"rebound.example:{receiver.port}"


def test_a_name_that_turns_to_this_machine_is_refused_when_it_is_asked_anew(
    public_fetcher: Fetcher, receiver: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DNS rebinding: the first answer is public, the next one is loopback, where somebody listens."""
    answers = ["93.184.216.34", "127.0.0.1", "127.0.0.1"]
    asked: list[str] = []
    connected: list[str] = []

    def resolve(host: str, port: int, **options: Any) -> list[Any]:
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (answers[len(asked) - 1], port))]

    def connect(opened: socket.socket, address: Any) -> None:
        connected.append(address[0])
        raise ConnectionRefusedError(111, "Connection refused")

    monkeypatch.setattr(sockets.socket, "getaddrinfo", resolve)
    monkeypatch.setattr(sockets.PlainSocket, "connect", connect, raising=False)
    first, second = (get(public_fetcher, f"http://rebound.example:{receiver.port}/") for _ in range(2))

    assert first.error == "The connection could not be opened: Connection refused"
    assert (asked, connected) == (["rebound.example"] * 2, ["93.184.216.34"])
    assert "is not allowed" in (second.error or "")
    assert not second.retriable
    assert not receiver.requests


def test_a_redirect_is_an_answer_and_is_not_followed(fetcher: Fetcher, receiver: Any) -> None:
    receiver.respond = lambda request: (302, {"Location": "http://169.254.169.254/"}, b"")
    assert get(fetcher, receiver.url).status == 302
    assert len(receiver.requests) == 1


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("ftp://example.com/", "Only http:// and https:// URLs can be called."),
        ("file:///etc/passwd", "Only http:// and https:// URLs can be called."),
        ("//example.com", "Only http:// and https:// URLs can be called."),
        ("gopher://127.0.0.1", "Only http:// and https:// URLs can be called."),
        ("http://", "The URL is not valid."),
        ("http://user@127.0.0.1/", "The URL must not hold credentials."),
        ("http://example.com:pass@127.0.0.1/", "The URL must not hold credentials."),
        ("http://example.com\\@127.0.0.1/", "The URL is not valid."),
        ("http://exa mple.com/", "The URL is not valid."),
        ("http://example.com/\r\nX-Evil: 1", "The URL is not valid."),
        ("http://example.com:99999/", "The URL is not valid."),
        ("http://example.com:0/", "The URL is not valid."),
        ("http://[::1", "The URL is not valid."),
        ("http://[fe80::1%25lo]/", "The URL is not valid."),
        ("http://[fe80::1%lo]/", "The URL is not valid."),
        ("http://[2606:4700::1%25eth0]/", "The URL is not valid."),
        ("http://" + "a" * 9000, "The URL is not valid."),
        ("", "The URL of fetch must be a string."),
        (None, "The URL of fetch must be a string."),
        (7, "The URL of fetch must be a string."),
    ],
)
def test_urls_that_cannot_or_must_not_be_called(url: Any, message: str) -> None:
    with pytest.raises(InvalidRequest, match="^" + message.replace(".", r"\.") + "$"):
        build_request(url)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ("POST", "must be an object"),
        ({"method": "CONNECT"}, "not supported"),
        ({"method": "GET\r\nX: 1"}, "not supported"),
        ({"method": 5}, "not supported"),
        ({"headers": ["a"]}, "must be an object"),
        ({"headers": {"X-A\r\nHost": "b"}}, "header name"),
        ({"headers": {"": "b"}}, "header name"),
        ({"headers": {"X-A": "b\r\nX-Evil: 1"}}, "line break"),
        ({"headers": {"X-A": "b\0"}}, "line break"),
        ({"headers": {"X-A": "b" * 65_536}}, "headers are larger"),
        ({"headers": {f"X-{number}": "b" * 200 for number in range(400)}}, "headers are larger"),
        ({"method": "POST", "body": "x" * 6_000_000}, "larger than"),
    ],
)
def test_options_that_could_not_be_sent_safely(options: Any, message: str) -> None:
    with pytest.raises(InvalidRequest, match=message):
        build_request("http://example.com/", options)


def test_framing_headers_are_ours(fetcher: Fetcher, receiver: Any) -> None:
    headers = {"Host": "internal", "Content-Length": "0", "transfer-encoding": "chunked", "X-Null": None, "x-ünï": "1"}
    del headers["x-ünï"]
    fetcher.send(build_request(receiver.url, {"method": "POST", "headers": headers, "body": "abc"}))
    sent = receiver.requests[0]
    assert sent.body == b"abc"
    assert sent.headers["Host"] == f"127.0.0.1:{receiver.port}"
    assert "X-Null" not in sent.headers


def _serve(behaviour: Any) -> tuple[str, threading.Thread, socket.socket]:
    """One raw server that handles one connection as told."""
    listener = socket.create_server(("127.0.0.1", 0))

    def accept() -> None:
        connection, _ = listener.accept()
        with connection:
            connection.recv(65536)
            behaviour(connection)

    thread = threading.Thread(target=accept)
    thread.start()
    return f"http://127.0.0.1:{listener.getsockname()[1]}/", thread, listener


def _drip(connection: socket.socket, start: bytes, drop: bytes) -> None:
    try:
        connection.sendall(start)
        for _ in range(50):
            connection.sendall(drop)
            time.sleep(0.1)
    except OSError:
        pass


@pytest.mark.parametrize(
    ("start", "drop"),
    [
        (b"HTTP/1.1 200 OK\r\n", b"X-A: b\r\n"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n", b"x"),
        (b"", b"H"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
    ],
    ids=["headers", "body", "nothing", "chunks"],
)
def test_one_deadline_covers_an_answer_that_drips(fetcher: Fetcher, start: bytes, drop: bytes) -> None:
    url, thread, listener = _serve(lambda connection: _drip(connection, start, drop))
    started = time.monotonic()
    outcome = get(fetcher, url, seconds=0.5)
    assert time.monotonic() - started < 3
    assert (outcome.status, outcome.retriable) == (None, True)
    assert outcome.error == "The call took longer than 0.5 seconds"
    listener.close()
    thread.join()


def test_a_resolver_that_hangs_costs_no_more_than_the_deadline(
    fetcher: Fetcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    release = threading.Event()
    monkeypatch.setattr(sockets.socket, "getaddrinfo", lambda *a, **k: release.wait(5) and [])
    started = time.monotonic()
    outcome = get(fetcher, "http://slow.example/", seconds=0.3)
    release.set()
    assert time.monotonic() - started < 3
    assert outcome.retriable


def test_a_body_over_the_limit_is_cut(fetcher: Fetcher, receiver: Any) -> None:
    receiver.respond = lambda request: (200, {}, b"x" * 100_000)
    outcome = get(fetcher, receiver.url, response_bytes=1000)
    assert (outcome.status, len(outcome.body), outcome.truncated) == (200, 1000, True)


def test_a_decompression_bomb_is_cut(fetcher: Fetcher, receiver: Any) -> None:
    receiver.respond = lambda request: (200, {"Content-Encoding": "gzip"}, gzip.compress(b"\0" * 50_000_000))
    outcome = get(fetcher, receiver.url, response_bytes=10_000)
    assert (len(outcome.body), outcome.truncated) == (10_000, True)


@pytest.mark.parametrize(
    "answer", [b"", b"not http at all\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc"]
)
def test_a_receiver_that_breaks_off_may_be_tried_again(fetcher: Fetcher, answer: bytes) -> None:
    url, thread, listener = _serve(lambda connection: connection.sendall(answer))
    outcome = get(fetcher, url)
    assert (outcome.status, outcome.retriable, outcome.failed) == (None, True, True)
    listener.close()
    thread.join()


def test_nobody_listening_may_be_tried_again(fetcher: Fetcher) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    outcome = get(fetcher, f"http://127.0.0.1:{port}/")
    assert outcome.error == "The connection could not be opened: Connection refused"
    assert outcome.retriable


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_statuses_that_pass_are_retriable(fetcher: Fetcher, receiver: Any, status: int) -> None:
    receiver.respond = lambda request: (status, {"Retry-After": "7"}, b"later")
    outcome = get(fetcher, receiver.url)
    assert (outcome.status, outcome.retriable, outcome.retry_after, outcome.failed) == (status, True, 7.0, True)
    assert outcome.parsed_body() == "later"


@pytest.mark.parametrize("status", [200, 301, 400, 401, 403, 404, 409, 422, 501])
def test_other_statuses_are_not(fetcher: Fetcher, receiver: Any, status: int) -> None:
    receiver.respond = lambda request: (status, {}, b"")
    outcome = get(fetcher, receiver.url)
    assert (outcome.status, outcome.retriable) == (status, False)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("0", 0.0),
        ("120", 120.0),
        ("999999999999999999999", MAX_RETRY_AFTER_SECONDS),
        ("Thu, 01 Jan 1970 00:02:00 GMT", 60.0),
        ("Thu, 01 Jan 1970 00:00:30 GMT", 0.0),
        ("Fri, 31 Dec 9999 23:59:59 GMT", MAX_RETRY_AFTER_SECONDS),
        ("-5", None),
        ("1.5", None),
        ("soon", None),
        ("٣", None),
        ("", None),
        (None, None),
    ],
)
def test_retry_after_is_seconds_or_a_date_and_capped(value: str | None, seconds: float | None) -> None:
    assert retry_after(value, now=60.0) == seconds


def test_the_delay_grows_and_yields_to_what_the_receiver_asks() -> None:
    assert delay_before_retry(Outcome(status=500), 1, jitter=0.5) == 1.5
    assert delay_before_retry(Outcome(status=500), 2, jitter=0.0) == 2.0
    assert delay_before_retry(Outcome(status=500), 90, jitter=1.0) == 30.0
    assert delay_before_retry(Outcome(status=429, retry_after=600.0), 1, jitter=0.0) == 600.0


def test_certificates_are_verified(fetcher: Fetcher) -> None:
    url, thread, listener = _serve(lambda connection: connection.sendall(b"plain text"))
    outcome = get(fetcher, url.replace("http:", "https:"))
    assert outcome.status is None
    assert (outcome.error or "").startswith("TLS failed")
    assert sockets.tls_context().check_hostname
    listener.close()
    thread.join()
