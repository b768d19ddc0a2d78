"""/api/personal_api_keys/: people manage their keys in a browser session; a key may only look at itself (B.5)."""

import time
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.exceptions import NotAuthenticated, PermissionDenied
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response

from hogapi.accounts import keys
from hogapi.accounts.keys import Credential
from hogapi.accounts.models import PersonalAPIKey
from hogapi.accounts.projects import CURRENT
from hogapi.api.errors import NotFound
from hogapi.api.tenants import presenters
from hogapi.api.tenants.serializers import PersonalAPIKeySerializer
from hogapi.api.viewsets import ApiViewSet

LOGGED_IN_AT = "logged_in_at"
RECENT_SECONDS = 6 * 3600


class KeyMayOnlySeeItself(BasePermission):
    """Lets a key read itself, and a person with a recent login do everything with their own keys."""

    def has_permission(self, request: Request, view: Any) -> bool:
        """Return True, or raise what the caller is to be told."""
        if not request.user.is_authenticated:
            raise NotAuthenticated
        if isinstance(request.auth, Credential):
            if view.action != "retrieve" or view.kwargs.get("pk") not in (CURRENT, request.auth.key_id):
                raise PermissionDenied("This action does not support Personal API Key access")
        elif request.method not in ("GET", "HEAD", "OPTIONS"):
            logged_in_at = request.session.get(LOGGED_IN_AT, 0)
            if time.time() - logged_in_at > RECENT_SECONDS:
                raise PermissionDenied("This action requires you to be recently authenticated.")
        return True


@extend_schema(exclude=True)
class PersonalAPIKeysViewSet(ApiViewSet):
    """The caller's own keys."""

    permission_classes = (KeyMayOnlySeeItself,)
    serializer_class = PersonalAPIKeySerializer

    def list(self, request: Request, **kwargs: Any) -> Response:
        """List the caller's keys, newest first, as a bare array."""
        return Response([presenters.personal_api_key(key) for key in keys.keys_of(self.user)])

    def retrieve(self, request: Request, pk: str, **kwargs: Any) -> Response:
        """Show a key; `@current` is the one that the request came with."""
        return Response(presenters.personal_api_key(self._key(request, pk)))

    def create(self, request: Request, **kwargs: Any) -> Response:
        """Make a key; its value is in this answer only."""
        key, value = keys.create_key(user=self.user, **self.validated(PersonalAPIKeySerializer))
        return Response(presenters.personal_api_key(key, value=value), status=201)

    def update(self, request: Request, pk: str, partial: bool = False, **kwargs: Any) -> Response:
        """Replace label and limits of a key."""
        key = self._key(request, pk)
        changes = self.validated(PersonalAPIKeySerializer, partial=partial)
        return Response(presenters.personal_api_key(keys.update_key(key=key, changes=changes)))

    def partial_update(self, request: Request, pk: str, **kwargs: Any) -> Response:
        """Change label or limits of a key."""
        return self.update(request, pk, partial=True)

    def destroy(self, request: Request, pk: str, **kwargs: Any) -> Response:
        """Revoke a key."""
        keys.delete_key(key=self._key(request, pk))
        return Response(status=204)

    @action(detail=True, methods=["POST"])
    def roll(self, request: Request, pk: str, **kwargs: Any) -> Response:
        """Give a key a new value; it is in this answer only."""
        key, value = keys.roll_key(key=self._key(request, pk))
        return Response(presenters.personal_api_key(key, value=value))

    def _key(self, request: Request, pk: str) -> PersonalAPIKey:
        if pk == CURRENT:
            pk = request.auth.key_id if isinstance(request.auth, Credential) else ""
        key = keys.key_of(self.user, pk)
        if key is None:
            raise NotFound
        return key
