"""Every setting of the server.

``Environment`` declares what an operator may set, typed and validated when the process starts; below it stand Django's
settings, derived from it. Without any variable set, the embedded engines start in ``.data`` and everything works.
"""

from __future__ import annotations

import ipaddress
import json
import os
import secrets
import sys
from pathlib import Path
from typing import Annotated, Any

from cryptography.fernet import Fernet
from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

BASE_DIR = Path(__file__).resolve().parent.parent

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class Environment(BaseSettings):
    """What the operator may set. Field names are the variables' names in lower case."""

    model_config = SettingsConfigDict(env_ignore_empty=True)

    hogapi_host: str = Field(default="127.0.0.1", description="Address to listen on")
    hogapi_port: int = Field(default=8000, ge=1, le=65535, description="Port to listen on")
    hogapi_data_dir: Path = Field(
        default=Path(".data"), description="Folder of the embedded engines and generated secrets"
    )
    hogapi_secret_key: str | None = Field(
        default=None,
        min_length=20,
        description="Signs sessions; generated into the data folder when the engines are embedded",
    )
    hogapi_encryption_keys: Annotated[list[str] | None, NoDecode] = Field(
        default=None,
        description="Comma-separated Fernet keys, newest first, that encrypt secrets at rest; generated likewise",
    )
    hogapi_personal_api_key: str | None = Field(default=None, min_length=16, description="Value of the first API key")
    hogapi_project_token: str | None = Field(
        default=None, min_length=8, max_length=64, description="First project's token"
    )
    hogapi_admin_password: str | None = Field(default=None, min_length=8, description="Password of the first user")
    hogapi_site_url: str | None = Field(default=None, description="Public address of the server, for links")
    hogapi_allowed_hosts: Annotated[list[str], NoDecode] = Field(
        default=["*"], description="Comma-separated host names that requests may name"
    )
    hogapi_trust_proxy: bool = Field(default=False, description="Believe X-Forwarded-Proto and X-Forwarded-Host")
    hogapi_outbound_allow: Annotated[list[Network], NoDecode] = Field(
        default=[],
        description="Comma-separated networks that outgoing calls may reach beside public ones, e.g. 10.0.0.0/8",
    )
    hogapi_throttle_burst: int = Field(default=480, ge=0, description="API requests a minute and key; 0 for no limit")
    hogapi_throttle_sustained: int = Field(
        default=4800, ge=0, description="API requests an hour and key; 0 for no limit"
    )
    hogapi_http_threads: int = Field(default=4, ge=1, le=64, description="Requests that one process works on at once")
    hogapi_http_processes: int = Field(
        default=1, ge=1, le=64, description="HTTP processes; more than one needs CLICKHOUSE_URL"
    )
    hogapi_worker_threads: int = Field(
        default=8, ge=1, le=128, description="Destinations that one worker serves at once"
    )
    hogapi_log_level: str = Field(
        default="INFO", pattern="^(DEBUG|INFO|WARNING|ERROR)$", description="Least level logged"
    )
    database_url: str | None = Field(default=None, description="PostgreSQL server to use instead of the embedded one")
    clickhouse_url: str | None = Field(default=None, description="ClickHouse server to use instead of the embedded one")
    clickhouse_cluster: str | None = Field(
        default=None, pattern=r"^[A-Za-z0-9_]+$", description="Cluster name: tables become replicated and distributed"
    )
    cache_url: str | None = Field(default=None, description="Redis that processes share throttling counters through")

    @field_validator("hogapi_encryption_keys", "hogapi_allowed_hosts", "hogapi_outbound_allow", mode="before")
    @classmethod
    def _split_commas(cls, value: Any) -> Any:
        return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value

    @field_validator("hogapi_encryption_keys")
    @classmethod
    def _are_fernet_keys(cls, keys: list[str] | None) -> list[str] | None:
        for key in keys or []:
            Fernet(key)
        return keys

    @field_validator("database_url")
    @classmethod
    def _is_postgresql(cls, url: str | None) -> str | None:
        if url is not None and not url.startswith(("postgres://", "postgresql://")):
            raise ValueError("only postgresql:// addresses are supported")
        return url

    @field_validator("clickhouse_url")
    @classmethod
    def _is_http(cls, url: str | None) -> str | None:
        if url is not None and not url.startswith(("http://", "https://")):
            raise ValueError("only http:// and https:// addresses are supported")
        return url


def _read_environment() -> Environment:
    try:
        return Environment()
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0]).upper()
        sys.exit(f"The setting {name} is not valid: {first['msg'].removeprefix('Value error, ')}.")


def _generated_secrets(folder: Path) -> dict[str, str]:
    """Read the secrets that were generated on the first run, or generate them (mode 0600)."""
    file = folder / "secrets.json"
    try:
        if not file.exists():
            folder.mkdir(parents=True, exist_ok=True)
            values = {"secret_key": secrets.token_urlsafe(48), "encryption_key": Fernet.generate_key().decode()}
            temporary = file.with_suffix(f".{os.getpid()}")
            with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as handle:
                json.dump(values, handle)
            try:
                os.link(temporary, file)  # fails when another process was first: then its secrets are the ones
            except FileExistsError:
                pass
            finally:
                temporary.unlink()
        return dict(json.loads(file.read_text()))
    except OSError as error:
        sys.exit(f"The data folder {folder} cannot be used: {error.strerror}.")


ENVIRONMENT = _read_environment()
DATA_DIR = ENVIRONMENT.hogapi_data_dir.expanduser().resolve()
EMBEDDED_POSTGRES = ENVIRONMENT.database_url is None
EMBEDDED_CLICKHOUSE = ENVIRONMENT.clickhouse_url is None

if ENVIRONMENT.hogapi_secret_key and ENVIRONMENT.hogapi_encryption_keys:
    SECRET_KEY = ENVIRONMENT.hogapi_secret_key
    ENCRYPTION_KEYS = ENVIRONMENT.hogapi_encryption_keys
elif EMBEDDED_POSTGRES:
    _generated = _generated_secrets(DATA_DIR)
    SECRET_KEY = ENVIRONMENT.hogapi_secret_key or _generated["secret_key"]
    ENCRYPTION_KEYS = ENVIRONMENT.hogapi_encryption_keys or [_generated["encryption_key"]]
else:
    sys.exit("HOGAPI_SECRET_KEY and HOGAPI_ENCRYPTION_KEYS must be set when DATABASE_URL names a server.")

CLICKHOUSE_URL = ENVIRONMENT.clickhouse_url
CLICKHOUSE_PATH = DATA_DIR / "clickhouse"
CLICKHOUSE_CLUSTER = ENVIRONMENT.clickhouse_cluster
OUTBOUND_ALLOW = ENVIRONMENT.hogapi_outbound_allow
SITE_URL = (ENVIRONMENT.hogapi_site_url or f"http://{ENVIRONMENT.hogapi_host}:{ENVIRONMENT.hogapi_port}").rstrip("/")
API_THROTTLE_BURST = ENVIRONMENT.hogapi_throttle_burst
API_THROTTLE_SUSTAINED = ENVIRONMENT.hogapi_throttle_sustained
WORKER_THREADS = ENVIRONMENT.hogapi_worker_threads
HTTP_THREADS = ENVIRONMENT.hogapi_http_threads
LOG_LEVEL = ENVIRONMENT.hogapi_log_level
EVENT_CONSUMERS = ["hog_functions.consumer.HogFunctionConsumer"]
FILTER_OWNERS = ["hog_functions.recompilation.recompile"]
MAX_BODY_BYTES = 20 * 1024 * 1024

DEBUG = False
ALLOWED_HOSTS = ENVIRONMENT.hogapi_allowed_hosts
USE_X_FORWARDED_HOST = ENVIRONMENT.hogapi_trust_proxy
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if ENVIRONMENT.hogapi_trust_proxy else None
ROOT_URLCONF = "hogapi.urls"
WSGI_APPLICATION = "hogapi.wsgi.application"
APPEND_SLASH = False
USE_TZ = True
TIME_ZONE = "UTC"
USE_I18N = False
LANGUAGE_CODE = "en-us"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_USER_MODEL = "accounts.User"
DATA_UPLOAD_MAX_MEMORY_SIZE = MAX_BODY_BYTES
STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
WHITENOISE_USE_FINDERS = True  # files are served from the packages they come in; nothing is collected
LOGIN_URL = "/login/"
LOGIN_REDIRECT_URL = "/api/"
LOGOUT_REDIRECT_URL = "/login/"
CSRF_COOKIE_NAME = "posthog_csrftoken"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SITE_URL.startswith("https://")
CSRF_TRUSTED_ORIGINS = [SITE_URL] if SITE_URL.startswith("https://") else []
CORS_URLS_REGEX = r"^/api/"  # capture answers browsers by rules of its own
SILENCED_SYSTEM_CHECKS: list[str] = []

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "corsheaders",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "procrastinate.contrib.django",
    "hogapi",
    "hogapi.accounts",
    "hogapi.telemetry",
    "hogapi.definitions",
    "hogapi.api",
    "hogapi.activity",
    "hogapi.runtime",
    "hogapi.capture",
    "hogapi.worker",
    "actions",
    "hog_functions",
    "insight_variables",
    "integrations",
]

MIDDLEWARE = [
    "hogapi.api.middleware.observe_requests",
    "hogapi.api.middleware.read_chunked_bodies",
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "corsheaders.middleware.CorsMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
            ]
        },
    }
]

# The pool hands connections to threads, which come and go; a connection per request would cost 11 times PostgreSQL's
# CPU (spec ENGINES.md, "Connections and threads").
_POOL = {"min_size": 1, "max_size": HTTP_THREADS + WORKER_THREADS + 8, "timeout": 10}


def _server_database(url: str) -> dict[str, Any]:
    from psycopg.conninfo import conninfo_to_dict

    parameters = {name: value for name, value in conninfo_to_dict(url).items() if value is not None}
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parameters.pop("dbname", "hogapi"),
        "USER": parameters.pop("user", ""),
        "PASSWORD": parameters.pop("password", ""),
        "HOST": parameters.pop("host", ""),
        "PORT": parameters.pop("port", ""),
        "OPTIONS": {"pool": _POOL, "prepare_threshold": 1, **parameters},
    }


DATABASES: dict[str, Any] = {
    "default": _server_database(ENVIRONMENT.database_url)
    if ENVIRONMENT.database_url
    else {
        "ENGINE": "hogapi.embedded",
        "NAME": "postgres",
        "OPTIONS": {"pool": _POOL, "prepare_threshold": 1, "folder": str(DATA_DIR / "postgres")},
    }
}

CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": ENVIRONMENT.cache_url}
    if ENVIRONMENT.cache_url
    else {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "OPTIONS": {"MAX_ENTRIES": 100_000}}
}

READINESS_CHECKS = {
    "postgres": "hogapi.api.health.check_postgres",
    "clickhouse": "hogapi.telemetry.client.check",
}
CSRF_FAILURE_VIEW = "hogapi.api.envelope.permission_denied"
LOGGING_CONFIG = None  # hogapi.api.apps configures logging
CORS_ALLOW_CREDENTIALS = True
CORS_ALLOW_ALL_ORIGINS = True  # keys, not origins, decide; the session cookie is SameSite=Lax
CORS_ALLOW_HEADERS = [
    "accept",
    "authorization",
    "content-type",
    "user-agent",
    "x-csrftoken",
    "x-requested-with",
    "x-request-id",
    "traceparent",
    "baggage",
    "sentry-trace",
]
CORS_EXPOSE_HEADERS = ["RateLimit", "RateLimit-Policy", "Retry-After", "X-Request-Id"]

REST_FRAMEWORK: dict[str, Any] = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "hogapi.api.authentication.PersonalKeyAuthentication",
        "hogapi.api.authentication.BrowserSession",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["hogapi.api.permissions.CallerMay"],
    "DEFAULT_RENDERER_CLASSES": [
        "hogapi.api.json.OrjsonRenderer",
        "hogapi.api.browsable.BrowsablePage",
    ],
    "DEFAULT_PARSER_CLASSES": [
        "hogapi.api.json.OrjsonParser",
        "rest_framework.parsers.FormParser",
        "rest_framework.parsers.MultiPartParser",
    ],
    "DEFAULT_SCHEMA_CLASS": "hogapi.api.schema.ApiSchema",
    "DEFAULT_METADATA_CLASS": "hogapi.api.metadata.RouteMetadata",
    "EXCEPTION_HANDLER": "hogapi.api.envelope.handle_exception",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
EXCEPTIONS_HOG = {"ENABLE_IN_DEBUG": True}
SPECTACULAR_SETTINGS: dict[str, Any] = {
    "TITLE": "hogapi",
    "VERSION": "0.1.0",
    "DESCRIPTION": "PostHog's HTTP API for hog functions, hog flows, insights, insight variables and groups.",
    "OAS_VERSION": "3.0.3",
    "SCHEMA_PATH_PREFIX": "/api/",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SERVE_AUTHENTICATION": [],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "COMPONENT_SPLIT_REQUEST": False,
    "PREPROCESSING_HOOKS": ["hogapi.api.schema.public_endpoints"],
    "POSTPROCESSING_HOOKS": [
        "hogapi.api.schema.name_mixed_choices",
        "drf_spectacular.hooks.postprocess_schema_enums",
        "hogapi.api.schema.add_failures",
    ],
    "APPEND_COMPONENTS": {
        "securitySchemes": {
            "PersonalAPIKeyAuth": {
                "type": "http",
                "scheme": "bearer",
                "description": "A personal API key (phx_...) with the scopes that the operation lists.",
            }
        }
    },
    "ENUM_NAME_OVERRIDES": {
        "ActionStepMatchingEnum": ["contains", "regex", "exact"],
        "ActivityChangeActionEnum": ["changed", "created", "deleted"],
        "IntegrationKindEnum": "integrations.serializers.KINDS",
        "InsightVariableTypeEnum": "insight_variables.models.VariableType",
        "HogFunctionFiltersSourceEnum": ["events", "person-updates", "data-warehouse-table"],
    },
}
