"""Limit and offset pages and their links (E)."""

from __future__ import annotations

from typing import Any

import pytest

from hogapi.accounts.services import create_project

pytestmark = pytest.mark.django_db


@pytest.fixture
def projects(organization: Any, project: Any) -> list[int]:
    more = [create_project(organization=organization, name=f"P{number:02}").pk for number in range(11)]
    return [project.pk, *more]


@pytest.mark.parametrize(
    ("query", "rows", "next_query", "previous_query"),
    [
        ("", slice(0, 12), None, None),
        ("limit=5", slice(0, 5), "limit=5&offset=5", None),
        ("limit=5&offset=5", slice(5, 10), "limit=5&offset=10", "limit=5"),
        ("offset=3&limit=5", slice(3, 8), "limit=5&offset=8", "limit=5"),
        ("limit=5&offset=10", slice(10, 12), None, "limit=5&offset=5"),
        ("limit=5&offset=12", slice(12, 12), None, "limit=5&offset=7"),
        ("limit=5&offset=100", slice(12, 12), None, "limit=5&offset=95"),
        ("limit=1000", slice(0, 12), None, None),
        ("limit=0", slice(0, 12), None, None),
        ("limit=-1", slice(0, 12), None, None),
        ("limit=x&offset=y", slice(0, 12), None, None),
        ("limit=99999999999999999999999", slice(0, 12), None, None),
        ("offset=99999999999999999999999", slice(12, 12), None, "limit=100&offset=2147483547"),
        ("limit=" + "9" * 5000, slice(0, 12), None, None),
        ("offset=-5&limit=2", slice(0, 2), "limit=2&offset=2", None),
        ("search=p&limit=2", slice(1, 3), "limit=2&offset=2&search=p", None),
    ],
)
def test_a_page_holds_its_rows_and_absolute_links(
    api: Any, projects: list[int], query: str, rows: slice, next_query: str | None, previous_query: str | None
) -> None:
    page = api().get(f"/api/projects/?{query}").json()
    assert list(page) == ["count", "next", "previous", "results"]
    assert page["count"] == (11 if "search" in query else 12)
    assert [row["id"] for row in page["results"]] == projects[rows]

    def link(wanted: str | None) -> str | None:
        return wanted and f"http://testserver/api/projects/?{wanted}"

    assert (page["next"], page["previous"]) == (link(next_query), link(previous_query))


def test_links_honour_the_proxy_headers_when_the_proxy_is_trusted(api: Any, projects: Any, settings: Any) -> None:
    headers = {"x-forwarded-proto": "https", "x-forwarded-host": "hog.example"}
    settings.USE_X_FORWARDED_HOST = False
    settings.SECURE_PROXY_SSL_HEADER = None
    assert api().get("/api/projects/?limit=1", headers=headers).json()["next"].startswith("http://testserver/")
    settings.USE_X_FORWARDED_HOST = True
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    following = api().get("/api/projects/?limit=1", headers=headers).json()["next"]
    assert following == "https://hog.example/api/projects/?limit=1&offset=1"


def test_a_list_that_fits_its_page_is_one_query_and_one_for_the_key(
    api: Any, projects: Any, django_assert_num_queries: Any
) -> None:
    client = api()
    client.get("/api/projects/")
    with django_assert_num_queries(2):
        client.get("/api/projects/")
    with django_assert_num_queries(3):
        client.get("/api/projects/?limit=5")
