"""Format, storage and rights of keys (B.3, B.4)."""

from __future__ import annotations

import re
from typing import Any

import pytest

from hogapi.accounts import keys, tokens
from hogapi.accounts.errors import AccountError
from hogapi.accounts.projects import parse_reference
from hogapi.accounts.scopes import first_missing, is_known


def test_keys_have_the_published_form() -> None:
    made = {tokens.personal_key_value() for _ in range(500)}
    assert len(made) == 500
    for value in made:
        assert re.fullmatch(r"phx_[2-9A-HJ-NP-Za-km-z]{48,49}", value)
    assert re.fullmatch(r"phc_[2-9A-HJ-NP-Za-km-z]{43,45}", tokens.project_token())


def test_only_the_sha256_of_a_key_is_stored() -> None:
    expected = "sha256$45af89b510a3279a817f851de5d3f95b73485d58ec2672a39e52d8aeeb014059"
    assert tokens.secure_value("test_key_12345") == expected


@pytest.mark.parametrize(
    ("value", "shown"),
    [("phx_0123456789abcdef", "phx_...cdef"), ("short", "********"), ("x" * 15, "********")],
)
def test_a_key_is_shown_by_its_ends(value: str, shown: str) -> None:
    assert tokens.mask(value) == shown


@pytest.mark.parametrize(
    ("required", "granted", "missing"),
    [
        ("insight:read", ["insight:read"], None),
        ("insight:read", ["insight:write"], None),
        ("insight:write", ["insight:read"], "insight:write"),
        ("insight:write", ["*"], None),
        ("insight:read", [], "insight:read"),
        ("insight:read", ["insight_variable:write"], "insight:read"),
        ("insight:read group:write dashboard:read", ["insight:read"], "group:write"),
    ],
)
def test_writing_includes_reading_and_the_first_missing_scope_is_named(
    required: str, granted: list[str], missing: str | None
) -> None:
    assert first_missing(required.split(), granted) == missing


@pytest.mark.parametrize("scope", ["*", "hog_function:read", "group:write", "insight_variable:read", "user:read"])
def test_known_scopes(scope: str) -> None:
    assert is_known(scope)


@pytest.mark.parametrize(
    "scope", ["", "hog_function", "hog_function:", ":read", "*:read", "hog_function:*", "INTERNAL:read"]
)
def test_unknown_scopes(scope: str) -> None:
    assert not is_known(scope)


@pytest.mark.parametrize("text", ["", "x", "-1", "1.0", "1e3", " 1", "²", "٣", "9" * 19, "9" * 5000, "0x1", "\0"])
def test_text_that_is_no_id_names_no_project(text: str) -> None:
    reference = parse_reference(text)
    assert (reference.id, reference.is_current, reference.token) == (None, False, None)


@pytest.mark.django_db
def test_a_pinned_value_works_once(user: Any) -> None:
    keys.create_key(user=user, label="x", scopes=["*"], value="phx_pinned_for_tests")
    found = keys.find("phx_pinned_for_tests")
    assert found is not None
    assert (found.user.pk, list(found.credential.scopes), found.project) == (user.pk, ["*"], None)
    with pytest.raises(AccountError, match="exists already"):
        keys.create_key(user=user, label="y", scopes=["*"], value="phx_pinned_for_tests")
    with pytest.raises(AccountError, match="at least 16"):
        keys.create_key(user=user, label="y", scopes=["*"], value="short")
    assert keys.find("phx_other") is None


@pytest.mark.django_db(transaction=True)
def test_two_requests_at_once_do_not_make_an_eleventh_key(user: Any) -> None:
    from concurrent.futures import ThreadPoolExecutor

    from django.db import connection

    for number in range(9):
        keys.create_key(user=user, label=str(number), scopes=["*"])

    def attempt(number: int) -> bool:
        try:
            keys.create_key(user=user, label=str(number), scopes=["*"])
        except AccountError:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(attempt, range(4))) == 1


@pytest.mark.django_db(transaction=True)
def test_noting_the_use_of_a_key_waits_for_nobody(user: Any) -> None:
    from concurrent.futures import ThreadPoolExecutor

    from django.db import connection, transaction

    key, value = keys.create_key(user=user, label="x", scopes=["*"])

    def find() -> bool:
        try:
            with connection.cursor() as cursor:
                cursor.execute("SET statement_timeout = '2s'")
            return keys.find(value) is not None
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool, transaction.atomic():
        type(key).objects.select_for_update().get(pk=key.pk)
        assert pool.submit(find).result(timeout=5)
