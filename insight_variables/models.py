"""Insight variables in PostgreSQL (insights.md 2)."""

import uuid
from typing import ClassVar

from django.db import models


class VariableType(models.TextChoices):
    """What kind of value a variable stands for; only `List` changes how values are stored."""

    STRING = "String"
    NUMBER = "Number"
    BOOLEAN = "Boolean"
    LIST = "List"
    DATE = "Date"


class InsightVariable(models.Model):
    """A named placeholder of a project's queries, used as `{variables.code_name}`."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    project = models.ForeignKey("accounts.Project", models.CASCADE, related_name="+")
    name = models.CharField(max_length=400)
    type = models.CharField(max_length=128, choices=VariableType)
    default_value = models.JSONField(null=True)
    values = models.JSONField(null=True)
    code_name = models.CharField(max_length=400)
    created_by = models.ForeignKey("accounts.User", models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["project", "code_name"], name="insight_variables_code_name_in_project")
        ]

    def __str__(self) -> str:
        return self.name
