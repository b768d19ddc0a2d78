"""What clients send to and receive from the routes of tenants."""

from typing import Any
from zoneinfo import available_timezones

from rest_framework import serializers

from hogapi.api.fields import AnyList, AnyObject
from hogapi.api.users import UserBasicSerializer

MEMBERSHIP_LEVELS = (1, 8, 15)


class ProjectBasicSerializer(serializers.Serializer[Any]):
    """A project as lists show it."""

    id = serializers.IntegerField(read_only=True)
    uuid = serializers.UUIDField(read_only=True)
    organization = serializers.UUIDField(read_only=True)
    project_id = serializers.IntegerField(read_only=True)
    api_token = serializers.CharField(read_only=True, help_text="Token that events of this project carry.")
    name = serializers.CharField(max_length=200)
    completed_snippet_onboarding = serializers.BooleanField(required=False)
    has_completed_onboarding_for = AnyObject(required=False, allow_null=True)
    ingested_event = serializers.BooleanField(read_only=True)
    is_demo = serializers.BooleanField(read_only=True)
    timezone = serializers.CharField(required=False, help_text="IANA name.")
    access_control = serializers.BooleanField(read_only=True)


class ProjectSerializer(ProjectBasicSerializer):
    """A project with all its settings."""

    product_description = serializers.CharField(required=False, allow_null=True, allow_blank=True, max_length=1000)
    created_at = serializers.DateTimeField(read_only=True)
    updated_at = serializers.DateTimeField(read_only=True)
    effective_membership_level = serializers.IntegerField(read_only=True, allow_null=True)
    user_access_level = serializers.CharField(read_only=True)
    has_group_types = serializers.BooleanField(read_only=True)
    group_types = AnyList(read_only=True)
    live_events_token = serializers.CharField(read_only=True, allow_null=True)
    person_on_events_querying_enabled = serializers.BooleanField(read_only=True)
    default_modifiers = AnyObject(read_only=True)
    product_intents = AnyList(read_only=True)
    secret_api_token = serializers.CharField(read_only=True, allow_null=True)
    secret_api_token_backup = serializers.CharField(read_only=True, allow_null=True)
    app_urls = serializers.ListField(child=serializers.CharField(max_length=200, allow_blank=True), required=False)
    anonymize_ips = serializers.BooleanField(required=False)
    test_account_filters = AnyList(child=serializers.DictField(), required=False)
    test_account_filters_default_checked = serializers.BooleanField(required=False, allow_null=True)
    path_cleaning_filters = AnyList(child=serializers.DictField(), required=False, allow_null=True)
    data_attributes = serializers.ListField(child=serializers.CharField(max_length=200), required=False)
    person_display_name_properties = serializers.ListField(
        child=serializers.CharField(max_length=400), required=False, allow_null=True
    )
    recording_domains = serializers.ListField(
        child=serializers.CharField(max_length=200), required=False, allow_null=True
    )
    week_start_day = serializers.ChoiceField(choices=[(0, "Sunday"), (1, "Monday")], required=False, allow_null=True)
    modifiers = AnyObject(required=False, allow_null=True)
    autocapture_opt_out = serializers.BooleanField(required=False, allow_null=True)
    autocapture_exceptions_opt_in = serializers.BooleanField(required=False, allow_null=True)
    autocapture_exceptions_errors_to_ignore = AnyList(required=False, allow_null=True)
    autocapture_web_vitals_opt_in = serializers.BooleanField(required=False, allow_null=True)
    autocapture_web_vitals_allowed_metrics = AnyList(required=False, allow_null=True)
    capture_console_log_opt_in = serializers.BooleanField(required=False, allow_null=True)
    capture_performance_opt_in = serializers.BooleanField(required=False, allow_null=True)
    capture_dead_clicks = serializers.BooleanField(required=False, allow_null=True)
    cookieless_server_hash_mode = serializers.ChoiceField(
        choices=[(0, "Disabled"), (1, "Stateless"), (2, "Stateful")], required=False
    )
    correlation_config = AnyObject(required=False, allow_null=True)
    extra_settings = AnyObject(required=False, allow_null=True)
    flags_persistence_default = serializers.BooleanField(required=False, allow_null=True)
    heatmaps_opt_in = serializers.BooleanField(required=False, allow_null=True)
    inject_web_apps = serializers.BooleanField(required=False, allow_null=True)
    live_events_columns = serializers.ListField(child=serializers.CharField(), required=False, allow_null=True)
    primary_dashboard = serializers.IntegerField(required=False, allow_null=True, min_value=1, max_value=2**31 - 1)
    session_recording_linked_flag = AnyObject(required=False, allow_null=True)
    session_recording_masking_config = AnyObject(required=False, allow_null=True)
    session_recording_minimum_duration_milliseconds = serializers.IntegerField(
        required=False, allow_null=True, min_value=0, max_value=30_000
    )
    session_recording_network_payload_capture_config = AnyObject(required=False, allow_null=True)
    session_recording_opt_in = serializers.BooleanField(required=False)
    session_recording_sample_rate = serializers.RegexField(
        r"^(0(\.\d{1,2})?|1(\.0{1,2})?)$", required=False, allow_null=True
    )
    survey_config = AnyObject(required=False, allow_null=True)
    surveys_opt_in = serializers.BooleanField(required=False, allow_null=True)

    def validate_timezone(self, value: str) -> str:
        """Accept IANA names only."""
        if value not in available_timezones():
            raise serializers.ValidationError(f'"{value}" is not a valid choice.', code="invalid_choice")
        return value


class OrganizationBasicSerializer(serializers.Serializer[Any]):
    """An organization as a user's own list shows it."""

    id = serializers.UUIDField(read_only=True)
    name = serializers.CharField(read_only=True)
    slug = serializers.CharField(read_only=True)
    logo_media_id = serializers.CharField(read_only=True, allow_null=True)
    membership_level = serializers.ChoiceField(choices=MEMBERSHIP_LEVELS, read_only=True, allow_null=True)
    members_can_use_personal_api_keys = serializers.BooleanField(read_only=True)


class OrganizationSerializer(OrganizationBasicSerializer):
    """An organization with its projects."""

    created_at = serializers.DateTimeField(read_only=True)
    updated_at = serializers.DateTimeField(read_only=True)
    plugins_access_level = serializers.IntegerField(read_only=True)
    teams = ProjectBasicSerializer(many=True, read_only=True)
    projects = ProjectBasicSerializer(many=True, read_only=True)
    available_product_features = AnyList(read_only=True)
    is_member_join_email_enabled = serializers.BooleanField(read_only=True)
    metadata = AnyObject(read_only=True)
    customer_id = serializers.CharField(read_only=True, allow_null=True)
    enforce_2fa = serializers.BooleanField(read_only=True, allow_null=True)
    members_can_invite = serializers.BooleanField(read_only=True)
    allow_publicly_shared_resources = serializers.BooleanField(read_only=True)
    member_count = serializers.IntegerField(read_only=True)
    is_ai_data_processing_approved = serializers.BooleanField(read_only=True)
    default_experiment_stats_method = serializers.CharField(read_only=True, allow_null=True)
    default_role_id = serializers.CharField(read_only=True, allow_null=True)


class UserSerializer(UserBasicSerializer):
    """The calling user with what is current for them."""

    date_joined = serializers.DateTimeField(read_only=True)
    is_staff = serializers.BooleanField(read_only=True)
    has_password = serializers.BooleanField(read_only=True)
    is_2fa_enabled = serializers.BooleanField(read_only=True)
    theme_mode = serializers.CharField(read_only=True, allow_null=True)
    notification_settings = AnyObject(read_only=True)
    scene_personalisation = AnyList(read_only=True)
    team = ProjectBasicSerializer(read_only=True, allow_null=True)
    organization = OrganizationSerializer(read_only=True, allow_null=True)
    organizations = OrganizationBasicSerializer(many=True, read_only=True)


class PersonalAPIKeySerializer(serializers.Serializer[Any]):
    """A personal API key; `value` is shown once, when it is made or rolled."""

    id = serializers.CharField(read_only=True)
    label = serializers.CharField(max_length=40)  # type: ignore[assignment]
    value = serializers.CharField(read_only=True, allow_null=True)
    mask_value = serializers.CharField(read_only=True)
    created_at = serializers.DateTimeField(read_only=True)
    last_used_at = serializers.DateTimeField(read_only=True, allow_null=True)
    last_rolled_at = serializers.DateTimeField(read_only=True, allow_null=True)
    user_id = serializers.IntegerField(read_only=True)
    scopes = serializers.ListField(child=serializers.CharField(max_length=100), allow_empty=False)
    scoped_teams = serializers.ListField(child=serializers.IntegerField(), required=False)
    scoped_organizations = serializers.ListField(child=serializers.CharField(max_length=100), required=False)
