"""Settings that clients keep with a project and read back, and on which this server itself does nothing."""

from typing import Any, Final

DEFAULTS: Final[dict[str, Any]] = {
    "autocapture_opt_out": None,
    "autocapture_exceptions_opt_in": None,
    "autocapture_exceptions_errors_to_ignore": None,
    "autocapture_web_vitals_opt_in": None,
    "autocapture_web_vitals_allowed_metrics": None,
    "capture_console_log_opt_in": None,
    "capture_performance_opt_in": None,
    "capture_dead_clicks": None,
    "completed_snippet_onboarding": False,
    "cookieless_server_hash_mode": 0,
    "correlation_config": None,
    "extra_settings": None,
    "flags_persistence_default": None,
    "has_completed_onboarding_for": None,
    "heatmaps_opt_in": None,
    "inject_web_apps": None,
    "live_events_columns": None,
    "primary_dashboard": None,
    "session_recording_linked_flag": None,
    "session_recording_masking_config": None,
    "session_recording_minimum_duration_milliseconds": None,
    "session_recording_network_payload_capture_config": None,
    "session_recording_opt_in": False,
    "session_recording_sample_rate": None,
    "survey_config": None,
    "surveys_opt_in": None,
}
