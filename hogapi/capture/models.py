from __future__ import annotations

from django.db import models


class CapturedBatch(models.Model):
    """Events of one accepted request, all or a part of them, waiting for the worker (see ``inbox``).

    ``payload`` is the JSON array that ``payloads.Part`` describes; ``count`` and ``size`` (bytes) let the worker
    bound what it takes at once without reading it. ``refused`` holds why a batch could not be ingested: such a batch
    stands aside for an operator, and blocks nobody.
    """

    id = models.BigAutoField(primary_key=True)
    project = models.ForeignKey("accounts.Project", on_delete=models.CASCADE, db_constraint=False, db_index=False)
    payload = models.BinaryField()
    count = models.PositiveIntegerField()
    size = models.PositiveIntegerField()
    ip = models.GenericIPAddressField(null=True)
    received_at = models.DateTimeField()
    refused = models.TextField(null=True)  # noqa: DJ001 - null keeps the common row as small as it can be

    class Meta:
        db_table = "captured_batch"
        indexes = [
            models.Index(fields=["project", "id"], condition=models.Q(refused=None), name="captured_batch_of_project"),
            models.Index(fields=["id"], condition=~models.Q(refused=None), name="captured_batch_refused"),
        ]

    def __str__(self) -> str:
        return f"{self.count} events of project {self.project_id}"
