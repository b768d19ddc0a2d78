"""Scopes of personal API keys: `object:action`, or `*` for everything (groups_auth_platform.md B.4)."""

from collections.abc import Collection

EVERYTHING = "*"
ACTIONS = ("read", "write")

SCOPE_OBJECTS = frozenset(
    """
    access_control account action activity_log alert annotation approvals batch_export batch_import billing
    business_knowledge canvas cohort comment conversation customer_analytics customer_journey customer_profile_config
    customer_task dashboard dashboard_template data_catalog dataset early_access_feature element endpoint
    engineering_analytics error_tracking evaluation event_definition event_filter experiment experiment_holdout
    experiment_saved_metric export external_data_schema external_data_source feature_flag field_note file_system
    file_system_shortcut group health_issue heatmap hog_flow hog_function ingestion_warning insight insight_variable
    integration legal_document link live_debugger llm_analytics llm_gateway llm_playground llm_prompt
    llm_provider_key llm_skill logs loop marketing_analytics mcp_analytics metrics notebook organization
    organization_integration organization_member person plugin product_enablement product_tour project
    property_definition query query_performance replay_scanner revenue_analytics session_recording
    session_recording_playlist sharing_configuration signal_scout subscription survey tagger task ticket toolbar
    tracing uploaded_media usage_metric user user_interview visual_review warehouse_objects warehouse_table
    warehouse_view web_analytics webhook wizard_session
    """.split()  # noqa: SIM905 (readable as lines)
)


def is_known(scope: str) -> bool:
    """Tell whether `scope` can be granted to a key."""
    scope_object, _, action = scope.partition(":")
    return scope == EVERYTHING or (scope_object in SCOPE_OBJECTS and action in ACTIONS)


def first_missing(required: Collection[str], granted: Collection[str]) -> str | None:
    """Return the first of `required` that `granted` does not hold; None when all are. Writing includes reading."""
    if EVERYTHING in granted:
        return None
    for scope in required:
        if scope in granted:
            continue
        if scope.endswith(":read") and scope.removesuffix("read") + "write" in granted:
            continue
        return scope
    return None
