"""From the bytes of a request to the bytes of a JSON document (groups_auth_platform.md G, "Payload decoding").

SDKs wrap their JSON in a form field, in base64, in gzip, or in several of these at once, and name the wrapping in
different places or not at all. The bytes themselves say what they are, so hints only matter where bytes cannot tell.
"""

from __future__ import annotations

import base64
import binascii
import re
import zlib
from collections.abc import Mapping
from urllib.parse import parse_qs

GZIP_MAGIC = b"\x1f\x8b\x08"
_BASE64_TEXT = re.compile(rb"[A-Za-z0-9+/_-]+={0,2}")
_URLSAFE = bytes.maketrans(b"-_ ", b"+/+")  # a "+" that was not escaped in a form arrives as a space
_FORM_FIELDS_LIMIT = 50


class Refusal(Exception):
    """A request that is answered with plain text. ``status`` is the HTTP status, ``text`` the body."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status
        self.text = text


def unwrap(body: bytes, *, query: Mapping[str, str], content_type: str, limit: int) -> bytes:
    """Return the JSON text that a request carries.

    ``query`` is the query string's parameters, ``limit`` the largest JSON text in bytes. Raises Refusal: 400 where
    nothing is there or cannot be decoded, 413 where more than ``limit`` bytes would come out (a gzip bomb is not
    inflated any further than that).
    """
    data = query["data"].encode() if query.get("data") else body
    if data is body and content_type.startswith("application/x-www-form-urlencoded"):
        data = _form_data(body)
    if not data.strip():
        raise Refusal(400, "request missing data payload")
    if _looks_like_base64(data):
        data = _decode_base64(data)
    if data.startswith(GZIP_MAGIC):
        data = _inflate(data, limit)
    if len(data) > limit:
        raise _too_large(limit)
    return data


def _form_data(body: bytes) -> bytes:
    # `curl -d` labels any body as a form: JSON and gzip speak for themselves
    if body.lstrip()[:1] in (b"{", b"[") or body.startswith(GZIP_MAGIC):
        return body
    try:
        fields = parse_qs(body.decode(), max_num_fields=_FORM_FIELDS_LIMIT)
    except ValueError:
        fields = {}
    if "data" not in fields:
        raise Refusal(400, "failed to decode request: expected form data in request payload")
    return fields["data"][0].encode()


def _looks_like_base64(data: bytes) -> bool:
    text = data.strip().translate(_URLSAFE)
    return _BASE64_TEXT.fullmatch(text) is not None and len(text) % 4 == 0


def _decode_base64(data: bytes) -> bytes:
    try:
        return base64.b64decode(data.strip().translate(_URLSAFE), validate=True)
    except binascii.Error as error:
        raise Refusal(400, "failed to decode request: invalid base64") from error


def _inflate(data: bytes, limit: int) -> bytes:
    stream = zlib.decompressobj(wbits=31)
    try:
        text = stream.decompress(data, limit + 1)
    except zlib.error as error:
        raise Refusal(400, "failed to decode request: invalid gzip data") from error
    if len(text) > limit:
        raise _too_large(limit)
    if not stream.eof:
        raise Refusal(400, "failed to decode request: gzip data ends too early")
    return text


def _too_large(limit: int) -> Refusal:
    return Refusal(413, f"maximum event size exceeded: the decompressed request is larger than {limit} bytes")
