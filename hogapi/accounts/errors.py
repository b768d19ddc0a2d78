"""What the account operations raise when they refuse their input."""


class AccountError(Exception):
    """Input that an account operation refuses; the API answers it with 400.

    `detail` is one sentence for people, `attr` the field at fault (None when no single field is), `code` the
    machine-readable reason.
    """

    def __init__(self, detail: str, *, attr: str | None = None, code: str = "invalid_input") -> None:
        super().__init__(detail)
        self.detail = detail
        self.attr = attr
        self.code = code
