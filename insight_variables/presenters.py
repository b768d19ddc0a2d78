"""Variables as the API shows them."""

from typing import Any

from insight_variables import list_values
from insight_variables.models import InsightVariable, VariableType


def present(variable: InsightVariable) -> dict[str, Any]:
    """Return a variable in the shape of `InsightVariableSerializer`."""
    is_list = variable.type == VariableType.LIST
    return {
        "id": variable.id,
        "name": variable.name,
        "type": variable.type,
        "default_value": list_values.default_to_show(variable.default_value) if is_list else variable.default_value,
        "created_by": variable.created_by_id,
        "created_at": variable.created_at,
        "code_name": variable.code_name,
        "values": list_values.to_show(variable.values) if is_list else variable.values,
    }
