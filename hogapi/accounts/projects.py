"""Finding projects: by id together with a user's right to it, and by the token that events carry."""

import threading
import time
from dataclasses import dataclass
from uuid import UUID

from hogapi.accounts import prepared
from hogapi.accounts.models import Environment

TOKEN_CACHE_SECONDS = 30.0
TOKEN_CACHE_ENTRIES = 10_000
LARGEST_ID = 2**63 - 1

CURRENT = "@current"


@dataclass(frozen=True, slots=True)
class AuthorizedProject:
    """What a request needs to know of the project in its URL; loaded together with the credential."""

    id: int
    uuid: UUID
    organization_id: UUID
    name: str
    timezone: str
    api_token: str
    membership_level: int | None


@dataclass(frozen=True, slots=True)
class ProjectReference:
    """How a request names its project: an id, `@current`, or a project token. `id` None means it names none."""

    id: int | None = None
    is_current: bool = False
    token: str | None = None


PROJECT_COLUMNS = "p.id, p.uuid, p.organization_id, p.name, e.timezone, e.api_token, m.level"
PROJECT_JOINS = """
    LEFT JOIN accounts_project p ON p.id = {wanted}
    LEFT JOIN accounts_environment e ON e.project_id = p.id
    LEFT JOIN accounts_organizationmembership m ON m.organization_id = p.organization_id AND m.user_id = u.id
"""
BY_ID = PROJECT_JOINS.format(wanted="%s")
BY_CURRENT = PROJECT_JOINS.format(wanted="u.current_project_id")
BY_TOKEN = PROJECT_JOINS.format(
    wanted="(SELECT t.project_id FROM accounts_environment t WHERE t.api_token = %s)",
)
_OF_USER = f"SELECT {PROJECT_COLUMNS} FROM accounts_user u {{joins}} WHERE u.id = %s"  # noqa: S608 (constants only)


def parse_reference(text: str) -> ProjectReference:
    """Read the project segment of a URL. Text that cannot be an id gives a reference that names no project."""
    if text == CURRENT:
        return ProjectReference(is_current=True)
    if text.isascii() and text.isdigit() and int(text[:20]) <= LARGEST_ID:
        return ProjectReference(id=int(text))
    return ProjectReference()


def joins(reference: ProjectReference) -> tuple[str, list[int | str | None]]:
    """Return the SQL that joins the referenced project to a user aliased `u`, and its parameters."""
    if reference.token is not None:
        return BY_TOKEN, [reference.token.replace("\0", "")]
    if reference.is_current:
        return BY_CURRENT, []
    return BY_ID, [reference.id]


def authorized(*, user_id: int, reference: ProjectReference) -> AuthorizedProject | None:
    """Load a project with the user's membership level in one query; None when there is no such project."""
    sql, parameters = joins(reference)
    with prepared.cursor() as cursor:
        cursor.execute(_OF_USER.format(joins=sql), [*parameters, user_id])
        row = cursor.fetchone()
    return None if row is None or row[0] is None else AuthorizedProject(*row)


class _TokenCache:
    """Remembers for half a minute which project a token belongs to; bounded, safe between threads."""

    def __init__(self) -> None:
        self._entries: dict[str, tuple[float, int]] = {}
        self._lock = threading.Lock()

    def get(self, token: str) -> int | None:
        entry = self._entries.get(token)
        return entry[1] if entry is not None and entry[0] > time.monotonic() else None

    def put(self, token: str, project_id: int) -> None:
        with self._lock:
            if len(self._entries) >= TOKEN_CACHE_ENTRIES:
                self._entries.clear()
            self._entries[token] = (time.monotonic() + TOKEN_CACHE_SECONDS, project_id)

    def clear(self) -> None:
        with self._lock:
            self._entries.clear()


token_cache = _TokenCache()


def by_token(token: str) -> int | None:
    """Return the id of the project whose token this is, or None. Unknown tokens are asked for anew each time."""
    if not token or "\0" in token:
        return None
    project_id = token_cache.get(token)
    if project_id is None:
        project_id = Environment.objects.filter(api_token=token).values_list("project_id", flat=True).first()
        if project_id is not None:
            token_cache.put(token, project_id)
    return project_id
