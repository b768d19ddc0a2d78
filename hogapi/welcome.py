"""What the terminal says when the server is ready. Needs no Django: the supervisor says it."""

from __future__ import annotations

from dataclasses import dataclass

ADMIN_EMAIL = "admin@example.com"


@dataclass(frozen=True)
class FirstRun:
    """The first project, and the credentials that were made by this start (None when an earlier one made them)."""

    project_id: int
    project_token: str
    personal_api_key: str | None = None
    password: str | None = None


def welcome(base_url: str, first_run: FirstRun, seconds: float) -> str:
    """The text that the terminal shows when the server is ready: where it is, credentials, three commands to paste."""
    key = first_run.personal_api_key or "$HOGAPI_KEY"
    functions = f"{base_url}/api/projects/{first_run.project_id}/hog_functions"
    if first_run.personal_api_key:
        credentials = f"""  Personal API key  {first_run.personal_api_key}   (shown only this once)
  Log in            {base_url}/login/ as {ADMIN_EMAIL}, password {first_run.password}   (shown only this once)"""
    else:
        credentials = "  Personal API key  shown at the first start; make another with `python manage.py create_key`"
    return f"""
hogapi is ready after {seconds:.1f} s

  Base URL          {base_url}   (browse {base_url}/api/, documentation {base_url}/api/docs/)
  Project id        {first_run.project_id}
  Project token     {first_run.project_token}
{credentials}

Create a destination, send it an event, read its logs:

FUNCTION=$(curl -s {functions}/ \\
  -H 'Authorization: Bearer {key}' -H 'Content-Type: application/json' \\
  -d '{{"type": "destination", "name": "Echo", "enabled": true, "hog": "print(event.event, event.distinct_id)"}}' \\
  | cut -d '"' -f 4)

curl -s {base_url}/capture/ -H 'Content-Type: application/json' \\
  -d '{{"api_key": "{first_run.project_token}", "event": "signed up", "distinct_id": "ada"}}'

sleep 2; curl -s {functions}/$FUNCTION/logs/ -H 'Authorization: Bearer {key}'

Ctrl-C stops everything.
"""
