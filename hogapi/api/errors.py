"""What goes wrong, by name (groups_auth_platform.md D). `hogapi.api.envelope` turns it into an answer.

    APIException (rest_framework)
    |- InvalidInput        400  validation_error, any code   what services raise
    |- NotFound            404  invalid_request, not_found
    |- Conflict            409  server_error, conflict
    |- BadRequest          400  invalid_request, bad_request
    |- RequestTooLarge     413  invalid_request, request_too_large
    |- Unavailable         503  server_error, unavailable

Services raise the first three and never name a status.
"""

from collections.abc import Mapping
from typing import Any

from rest_framework import exceptions, status


class InvalidInput(exceptions.APIException):
    """Input that breaks a rule. `attr` is the path of the field at fault, joined by `__`; None for the whole."""

    status_code = status.HTTP_400_BAD_REQUEST
    default_type = "validation_error"

    def __init__(
        self,
        detail: str,
        *,
        attr: str | None = None,
        code: str = "invalid_input",
        extra: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(detail, code)
        self.attr = attr
        if extra is not None:
            self.extra = dict(extra)


class NotFound(exceptions.NotFound):
    """What was asked for does not exist, or not for this caller."""

    default_detail = "Not found."


class Conflict(exceptions.APIException):
    """The request cannot be done in the present state of what it names."""

    status_code = status.HTTP_409_CONFLICT
    default_detail = "The request conflicts with what is stored."
    default_code = "conflict"


class RequestTooLarge(exceptions.APIException):
    """The body exceeds `settings.MAX_BODY_BYTES`."""

    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_type = "invalid_request"
    default_detail = "The request body is too large."
    default_code = "request_too_large"


class BadRequest(exceptions.APIException):
    """A request that HTTP itself finds fault with."""

    status_code = status.HTTP_400_BAD_REQUEST
    default_type = "invalid_request"
    default_detail = "The request is malformed."
    default_code = "bad_request"


class Unavailable(exceptions.APIException):
    """An engine cannot be reached at present; clients may retry after `wait` seconds."""

    status_code = status.HTTP_503_SERVICE_UNAVAILABLE
    default_detail = "The service is unavailable at present. Please retry."
    default_code = "unavailable"
    wait = 5
