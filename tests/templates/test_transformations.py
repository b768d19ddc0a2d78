"""Transformations from the catalogue, run on our VM by the endpoint for tests."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from hogapi.runtime import templates
from tests.templates.conftest import EVENT, Library

pytestmark = pytest.mark.django_db

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:126.0) Gecko/20100101 Firefox/126.0"
CUBOT = "Mozilla/5.0 (Linux; Android 9; CUBOT_X19) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/90.0 Mobile Safari"
GOOGLEBOT = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
SPLITTER = "plugin-language-url-splitter-app"
PARAMETERS = "plugin-posthog-app-url-parameters-to-event-properties"
TESTED = {
    "template-blank-transformation",
    "template-ip-anonymization",
    "template-remove-null-properties",
    "template-url-masking",
    "template-pii-hashing",
    "template-hash-properties",
    "template-bot-detection",
    "template-filter-properties",
    "template-drop-events",
    "template-url-normalization",
    "plugin-downsampling-plugin",
    SPLITTER,
    PARAMETERS,
}


def sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def of(properties: Any, **more: Any) -> dict[str, Any]:
    return {**EVENT, "properties": properties, **more}


def changed(library: Library, template_id: str, inputs: dict[str, Any], properties: dict[str, Any]) -> Any:
    """The properties after the transformation, which must leave the rest of the event alone."""
    result = library.transform(template_id, inputs, of(properties))
    assert result is not None
    for key in ("uuid", "event", "distinct_id", "timestamp"):
        assert result[key] == EVENT[key]
    return result["properties"]


def test_every_transformation_of_the_catalogue_is_tested_here() -> None:
    described = [templates.read(folder) for folder in templates.CATALOGUE.iterdir()]
    assert {one["template_id"] for one in described if one["type"] == "transformation"} == TESTED


def test_the_blank_one_changes_nothing(library: Library) -> None:
    assert changed(library, "template-blank-transformation", {}, EVENT["properties"]) == EVENT["properties"]


def test_matching_events_are_dropped(library: Library) -> None:
    assert library.transform("template-drop-events", {}, EVENT) is None


@pytest.mark.parametrize(
    ("ip", "expected"),
    [
        ("89.160.20.129", "89.160.20.0"),
        ("2001:db8:85a3:8d3:1319:8a2e:370:7348", "2001:db8:85a3::"),
        ("2001:db8::1", "2001:db8::"),
        ("::1", "::"),
        ("unknown", "unknown"),
        ("", ""),
        (None, None),
        (5, 5),
    ],
)
def test_addresses_lose_their_exact_part(library: Library, ip: Any, expected: Any) -> None:
    found = changed(library, "template-ip-anonymization", {}, {"$ip": ip, "a": 1})
    assert found == {"$ip": expected, "a": 1}


def test_an_event_without_an_address_passes(library: Library) -> None:
    assert changed(library, "template-ip-anonymization", {}, {"a": 1}) == {"a": 1}


def test_nulls_are_left_out_at_any_depth_and_only_nulls(library: Library) -> None:
    given = {"a": None, "b": 0, "c": "", "d": False, "e": [], "f": {"g": None, "h": [1, None, {"i": None}]}}
    expected = {"b": 0, "c": "", "d": False, "e": [], "f": {"h": [1, {}]}}
    assert changed(library, "template-remove-null-properties", {}, given) == expected


@pytest.mark.parametrize(
    ("names", "url", "expected"),
    [
        (
            "email, Password",
            "https://a.example/x?email=a@b.c&n=1&PASSWORD=p",
            "https://a.example/x?email=X&n=1&PASSWORD=X",
        ),
        ("email", "https://a.example/x?e%6Dail=a&email&email=", "https://a.example/x?e%6Dail=X&email&email=X"),
        ("token", "https://a.example/?q=token=5#token=6&t=7", "https://a.example/?q=token=5#token=X&t=7"),
        ("token", "https://a.example/#/reset?token=6", "https://a.example/#/reset?token=X"),
        ("*", "/x?a=1&b=2", "/x?a=X&b=X"),
        ("email", "https://a.example/email=5", "https://a.example/email=5"),
        ("", "https://a.example/?a=1", "https://a.example/?a=1"),
        ("email", "no url", "no url"),
        ("email", 5, 5),
    ],
)
def test_parameters_of_urls_are_masked(library: Library, names: str, url: Any, expected: Any) -> None:
    inputs = {"urlProperties": {"$current_url": names, "missing": "a"}, "maskWith": "X"}
    given = {"$current_url": url, "other": "https://a.example/?email=1"}
    assert changed(library, "template-url-masking", inputs, given) == {**given, "$current_url": expected}


def test_personal_data_becomes_digests_with_salt(library: Library) -> None:
    inputs = {"propertiesToHash": "$ip, $set.email,a.b, gone, number", "salt": "pepper", "hashDistinctId": True}
    given = {"$ip": "1.2.3.4", "$set": {"email": "a@b.c", "plan": "pro"}, "a.b": "dotted", "number": 5, "x": None}
    result = library.transform("template-pii-hashing", inputs, of(given))
    assert result is not None
    assert result["distinct_id"] == sha("pepper" + "user-1")
    assert result["properties"] == {
        "$ip": sha("pepper1.2.3.4"),
        "$set": {"email": sha("peppera@b.c"), "plan": "pro"},
        "a.b": sha("pepperdotted"),
        "number": sha("pepper5"),
        "x": None,
    }


def test_the_address_alone_is_hashed_unless_told_otherwise(library: Library) -> None:
    found = changed(library, "template-pii-hashing", {}, {"$ip": "1.2.3.4", "email": "a@b.c"})
    assert found == {"$ip": sha("1.2.3.4"), "email": "a@b.c"}


def test_properties_become_digests(library: Library) -> None:
    found = changed(
        library, "template-hash-properties", {"propertiesToHash": "email, a.b"}, {"email": "x", "a": {"b": [1]}}
    )
    assert found == {"email": sha("x"), "a": {"b": sha("[1]")}}


@pytest.mark.parametrize(
    ("agent", "patterns", "kept"),
    [
        (FIREFOX, "", True),
        (CUBOT, "", True),
        (None, "", True),
        (GOOGLEBOT, "", False),
        ("Some-Bot", "", False),
        ("curl/8.5.0", "", False),
        ("Mozilla/5.0 AppleWebKit/537.36 HeadlessChrome/120.0 Safari/537.36", "", False),
        (FIREFOX, "linux x86, other", False),
        (FIREFOX, " , ", True),
    ],
)
def test_events_of_bots_are_dropped(library: Library, agent: str | None, patterns: str, kept: bool) -> None:
    properties = {} if agent is None else {"$raw_user_agent": agent}
    result = library.transform("template-bot-detection", {"customBotPatterns": patterns}, of(properties))
    assert (result is not None) == kept


def test_the_user_agent_may_stand_elsewhere(library: Library) -> None:
    inputs = {"userAgent": "ua"}
    assert library.transform("template-bot-detection", inputs, of({"ua": GOOGLEBOT})) is None
    assert library.transform("template-bot-detection", inputs, of({"$raw_user_agent": GOOGLEBOT})) is not None


def test_named_properties_are_left_out(library: Library) -> None:
    given = {
        "a": 1,
        "$set": {"email": "x", "plan": "pro"},
        "b.c": 2,
        "b": {"c": 3},
        "d": {"e": {"f": 1, "g": 2}},
        "n": None,
    }
    found = changed(
        library, "template-filter-properties", {"propertiesToFilter": "a, $set.email,b.c, d.e.f, z, a.x"}, given
    )
    assert found == {"$set": {"plan": "pro"}, "b": {"c": 3}, "d": {"e": {"g": 2}}, "n": None}


@pytest.mark.parametrize(
    ("url", "inputs", "expected"),
    [
        ("HTTPS://Shop.Example:443/A/?b=C#d", {}, "https://shop.example/A?b=C#d"),
        ("http://shop.example:80", {}, "http://shop.example/"),
        ("http://shop.example:8080/", {}, "http://shop.example:8080/"),
        ("https://shop.example/a?#", {}, "https://shop.example/a"),
        ("https://shop.example/A/?B", {"lowercasePath": True}, "https://shop.example/a?B"),
        ("https://shop.example/a#b?c", {"removeFragment": True}, "https://shop.example/a"),
        ("/Docs/", {}, "/Docs"),
        ("$direct", {}, "$direct"),
        ("", {}, ""),
        (5, {}, 5),
    ],
)
def test_urls_of_one_page_are_written_alike(library: Library, url: Any, inputs: dict[str, Any], expected: Any) -> None:
    found = changed(library, "template-url-normalization", inputs, {"$referrer": url, "other": "HTTP://X/"})
    assert found == {"$referrer": expected, "other": "HTTP://X/"}


def kept_share(library: Library, inputs: dict[str, Any], events: list[dict[str, Any]]) -> list[bool]:
    function = library.create("plugin-downsampling-plugin", inputs)
    return [library.test_run(function, event)["result"] is not None for event in events]


def test_a_share_of_people_is_kept_with_all_their_events(library: Library) -> None:
    people = [of({}, distinct_id=f"user-{n}") for n in range(60)]
    kept = kept_share(library, {"percentage": "50"}, people)
    assert 15 < sum(kept) < 45
    assert kept == [int(sha(f"user-{n}")[:12], 16) / 2**48 < 0.5 for n in range(60)]


def test_a_share_of_events_is_kept(library: Library) -> None:
    inputs = {"percentage": "50", "samplingMethod": "Random sampling"}
    kept = kept_share(library, inputs, [of({}, uuid=f"uuid-{n}") for n in range(40)])
    assert kept == [int(sha(f"uuid-{n}")[:12], 16) / 2**48 < 0.5 for n in range(40)]


@pytest.mark.parametrize(
    ("inputs", "kept"),
    [
        ({}, True),
        ({"percentage": "100"}, True),
        ({"percentage": "0"}, False),
        ({"percentage": "0", "triggeringEvents": "a, order completed"}, False),
        ({"percentage": "0", "triggeringEvents": "a, b"}, True),
    ],
)
def test_all_or_nothing_is_a_share_too(library: Library, inputs: dict[str, Any], kept: bool) -> None:
    assert kept_share(library, inputs, [EVENT]) == [kept]


@pytest.mark.parametrize("percentage", ["many", "-1", "101"])
def test_a_share_that_is_none_is_an_error(library: Library, percentage: str) -> None:
    answer = library.test_run(library.create("plugin-downsampling-plugin", {"percentage": percentage}), EVENT)
    assert answer["errors"] == ["Error('The percentage must be a number from 0 to 100')"]


@pytest.mark.parametrize(
    ("inputs", "path", "expected"),
    [
        ({}, "/fr/pricing", {"$locale": "fr", "$pathname": "/pricing"}),
        ({}, "/fr", {"$locale": "fr", "$pathname": "/"}),
        ({}, "/pricing", {"$pathname": "/pricing"}),
        (
            {"pattern": "^/(docs|blog)/([a-z]{2})/", "matchGroup": "2", "property": "lang", "replaceKey": "path"}
            | {"replacePattern": "^/docs/[a-z]{2}", "replaceValue": "/docs"},
            "/docs/de/start",
            {"lang": "de", "$pathname": "/docs/de/start", "path": "/docs/start"},
        ),
        (
            {"pattern": r"[(\]]?(x\()?/(?:a|b)/([a-z]{2})", "matchGroup": "2"},
            "/a/de",
            {"$locale": "de", "$pathname": "/a/de"},
        ),
        ({"matchGroup": "0", "pattern": "^/[a-z]{2}"}, "/fr/a", {"$locale": "/fr", "$pathname": "/a"}),
    ],
)
def test_the_language_moves_from_the_path_to_a_property(
    library: Library, inputs: dict[str, Any], path: str, expected: dict[str, Any]
) -> None:
    assert changed(library, SPLITTER, inputs, {"$pathname": path}) == expected


def test_an_event_without_a_path_has_no_language(library: Library) -> None:
    assert changed(library, SPLITTER, {}, {"a": 1}) == {"a": 1}


URL = "https://shop.example/?plan=pro&Plan=team&name=Ada+L%C3%B6ve&tag=a&tag=b&none#plan=x"


@pytest.mark.parametrize(
    ("inputs", "added"),
    [
        ({"parameters": "plan, name,missing"}, {"plan": "pro", "name": "Ada Löve"}),
        ({"parameters": "tag"}, {"tag": '["a","b"]'}),
        ({"parameters": "name", "alwaysJson": "true"}, {"name": '["Ada Löve"]'}),
        ({"parameters": "PLAN", "ignoreCase": "true"}, {"PLAN": '["pro","team"]'}),
        ({"parameters": "none", "prefix": "p_", "suffix": "_s"}, {"p_none_s": ""}),
        (
            {
                "parameters": "plan",
                "prefix": "url_",
                "setAsUserProperties": "true",
                "setAsInitialUserProperties": "true",
            },
            {"url_plan": "pro", "$set": {"a": 1, "url_plan": "pro"}, "$set_once": {"initial_url_plan": "pro"}},
        ),
        ({}, {}),
    ],
)
def test_parameters_of_the_url_become_properties(
    library: Library, inputs: dict[str, Any], added: dict[str, Any]
) -> None:
    given = {"$current_url": URL, "$set": {"a": 1}}
    assert changed(library, PARAMETERS, inputs, given) == {**given, **added}


def test_what_is_no_object_of_properties_gives_way(library: Library) -> None:
    inputs = {"parameters": "plan", "setAsUserProperties": "true", "setAsInitialUserProperties": "true"}
    found = changed(library, PARAMETERS, inputs, {"$current_url": URL, "$set": "text", "$set_once": 5})
    assert (found["$set"], found["$set_once"]) == ({"plan": "pro"}, {"initial_plan": "pro"})


@pytest.mark.parametrize("url", ["https://shop.example/", None, 5])
def test_without_parameters_nothing_changes(library: Library, url: Any) -> None:
    assert changed(library, PARAMETERS, {"parameters": "plan"}, {"$current_url": url}) == {"$current_url": url}


ODD = {"$current_url": ["x"], "$pathname": {"a": 1}, "$ip": 7, "$raw_user_agent": 5, "$set": "text", "$referrer": True}
FILLED = {
    "template-filter-properties": {"propertiesToFilter": "$set.email, $ip.x"},
    "template-hash-properties": {"propertiesToHash": "$set.email, $pathname.b.c, $gone"},
    "template-pii-hashing": {"propertiesToHash": "$set.email, $gone", "hashDistinctId": True},
    PARAMETERS: {"parameters": "a", "setAsUserProperties": "true", "setAsInitialUserProperties": "true"},
}


@pytest.mark.parametrize("template_id", sorted(TESTED - {"template-drop-events"}))
@pytest.mark.parametrize(
    "properties",
    [{}, None, ODD, dict.fromkeys(ODD), dict.fromkeys(ODD, "")],
    ids=["none", "null", "odd", "nulls", "empty"],
)
def test_no_event_is_too_odd(library: Library, template_id: str, properties: Any) -> None:
    function = library.create(template_id, FILLED.get(template_id, {}))
    answer = library.test_run(function, of(properties))
    assert (answer["status"], answer["errors"]) == ("success", []), answer
    assert answer["result"]["event"] == EVENT["event"]
