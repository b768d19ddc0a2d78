"""Filters and what they refer to, saved at the same time."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from django.db import connection, transaction

from actions import services as actions
from hog_functions import services as functions
from hog_functions.models import HogFunction

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_function_saved_while_its_action_changes_has_the_new_steps(project: Any, user: Any) -> None:
    both = {"project_id": project.pk, "user_id": user.pk}
    action = actions.create(**both, data={"steps": [{"event": "old"}]})
    started = threading.Event()

    def change() -> None:
        started.set()
        actions.update(**both, action_id=str(action.pk), data={"steps": [{"event": "new"}]})
        connection.close()

    changing = threading.Thread(target=change)
    with transaction.atomic():
        filters = {"actions": [{"id": action.pk, "type": "actions"}]}
        saved = functions.create(**both, data={"hog": "print(1)", "filters": filters})
        changing.start()
        started.wait(5)
        changing.join(0.3)
        assert changing.is_alive(), "the change waits for who compiles the old steps"
    changing.join(5)
    assert not changing.is_alive()
    assert "new" in HogFunction.objects.get(pk=saved.id).filters["bytecode"]
