"""The API as pages for people: answers with links, and forms for JSON bodies."""

from typing import Any

from rest_framework.renderers import BrowsableAPIRenderer
from rest_framework.serializers import BaseSerializer, Serializer

from hogapi.api import json


class BrowsablePage(BrowsableAPIRenderer):
    """Renders `text/html`. Bodies are edited as JSON: fields could not express the nested values of most resources."""

    template = "hogapi/page.html"

    def get_filter_form(self, data: Any, view: Any, request: Any) -> None:
        """Show none: query parameters are in the documentation."""

    def render_form_for_serializer(self, serializer: BaseSerializer[Any]) -> None:
        """Show none: see `get_raw_data_form`."""

    def get_raw_data_form(self, data: Any, view: Any, method: str, request: Any) -> Any:
        """Return the form for a body, filled with the object shown where it is to be changed."""
        form = super().get_raw_data_form(data, view, method, request)
        if form and method in ("PUT", "PATCH") and isinstance(data, dict):
            serializer = view.get_serializer()
            if isinstance(serializer, Serializer):
                writable = [name for name, field in serializer.fields.items() if not field.read_only]
                shown = {name: data[name] for name in writable if name in data}
                form.fields["_content"].initial = json.dumps(shown, indent=True).decode()
        return form
