"""All settings, read once from the environment; README.md lists every variable."""

import base64
import hashlib
from pathlib import Path
from urllib.parse import unquote

import environ
import sentry_sdk
from django.core.exceptions import ImproperlyConfigured

from apimio_sync import postgres, privacy

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()
env.smart_cast = False

DEBUG = env.bool("DEBUG", default=False)
PRODUCTION = env.bool("PRODUCTION", default=False)
SECRET_KEY = env.str(
    "SECRET_KEY", default="" if PRODUCTION else "only-for-this-machine-" + "x" * 40
)
if not SECRET_KEY:
    raise ImproperlyConfigured("SECRET_KEY is required when PRODUCTION is on.")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "testserver"])
PUBLIC_URL = env.str("PUBLIC_URL", default="http://127.0.0.1:8000").rstrip("/")
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]

INSTALLED_APPS = [
    "unfold.apps.BasicAppConfig",
    "apimio_sync.apps.AdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.contrib.postgres",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "syncqueue",
    "stores",
    "catalogue",
    "activity",
    "django_q",  # below the engine, whose qcluster command stands before its own
    "apimio_sync.apps.ApimioSyncConfig",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
ROOT_URLCONF = "apimio_sync.urls"
WSGI_APPLICATION = "apimio_sync.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

_database = environ.Env.db_url_config(
    env.str("DATABASE_URL", default="") or postgres.database_url()
)
DATABASES = {
    "default": {
        **_database,
        # A socket's folder stands percent-encoded where an address has its host.
        "HOST": unquote(_database["HOST"]),
        # Every broker call would reconnect otherwise; and no pool, which breaks over fork.
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": True,
        # A server that vanished is noticed within a minute; who stops inside a transaction holds
        # its locks for two. Few statements, asked over and over: the server keeps their plans.
        "OPTIONS": {
            "keepalives_idle": 30,
            "keepalives_interval": 10,
            "keepalives_count": 3,
            "tcp_user_timeout": 60_000,
            "options": "-c idle_in_transaction_session_timeout=2min -c work_mem=32MB",
            **_database.get("OPTIONS", {}),
            "server_side_binding": True,
            "prepare_threshold": 5,
        },
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "admin:login"
LOGIN_REDIRECT_URL = "admin:index"
LANGUAGE_CODE = "en-gb"
TIME_ZONE = "UTC"
USE_TZ = True

STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "staticfiles"

if PRODUCTION:
    SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", default=True)
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_HSTS_SECONDS = env.int("SECURE_HSTS_SECONDS", default=31536000)
    SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = True
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True

# Shopify. The default app's credentials; an organisation may bring its own.
SHOPIFY_API_VERSION = "2026-10"
SHOPIFY_CLIENT_ID = env.str("SHOPIFY_CLIENT_ID", default="")
SHOPIFY_CLIENT_SECRET = env.str("SHOPIFY_CLIENT_SECRET", default="")
SHOPIFY_PREVIOUS_CLIENT_SECRET = env.str("SHOPIFY_PREVIOUS_CLIENT_SECRET", default="")
# Where every *.myshopify.com host is reached instead; set for the twin only.
SHOPIFY_TWIN_URL = env.str("SHOPIFY_TWIN_URL", default="").rstrip("/")
WEBHOOK_MAX_BYTES = env.int("WEBHOOK_MAX_BYTES", default=5 * 1024 * 1024)
DATA_UPLOAD_MAX_MEMORY_SIZE = WEBHOOK_MAX_BYTES
API_MAX_BYTES = env.int("API_MAX_BYTES", default=10 * 1024 * 1024)

# Fernet keys, newest first; the first one encrypts, all decrypt.
ENCRYPTION_KEYS = env.list("ENCRYPTION_KEYS", default=[])
if not ENCRYPTION_KEYS:
    if PRODUCTION:
        raise ImproperlyConfigured("ENCRYPTION_KEYS is required when PRODUCTION is on.")
    ENCRYPTION_KEYS = [
        base64.urlsafe_b64encode(hashlib.sha256(SECRET_KEY.encode()).digest()).decode()
    ]

# What every batch must pass before any of it is merged or queued; add dotted names of your own.
GATES = [
    "catalogue.domain.gates.required_fields",
    "catalogue.domain.gates.price_floor",
    "catalogue.domain.gates.price_change",
    "catalogue.domain.gates.decimal_shift",
    "catalogue.domain.gates.column_shift",
    "catalogue.domain.gates.feed_size",
    "catalogue.domain.gates.stock_to_zero",
    "catalogue.domain.gates.pictures_gone",
    *env.list("GATES", default=[]),
]
GATE_PRICE_FLOOR = env.str("GATE_PRICE_FLOOR", default="0.01")
GATE_PRICE_CHANGE_PERCENT = env.str("GATE_PRICE_CHANGE_PERCENT", default="60")
GATE_REQUIRED = env.list("GATE_REQUIRED", default=["title", "sku", "price"])
GATE_PICTURES = env.int("GATE_PICTURES", default=10)
# So many stocks that are emptied at a stroke, or within minutes by one hand, are no sales; what a
# store or a program takes out by less than the fall is a sale.
GATE_STOCK_ZEROS = env.int("GATE_STOCK_ZEROS", default=10)
GATE_STOCK_MINUTES = env.int("GATE_STOCK_MINUTES", default=10)
GATE_STOCK_FALL = env.int("GATE_STOCK_FALL", default=5)
# What a policy of removal may delete by itself; beyond it, people are asked.
MOST_REMOVALS_AN_HOUR = env.int("MOST_REMOVALS_AN_HOUR", default=20)

SYNCQUEUE = {
    "THREADS": env.int("SYNCQUEUE_THREADS", default=8),
    "SLICE_SECONDS": env.float("SYNCQUEUE_SLICE_SECONDS", default=3.0),
    "LEASE_SECONDS": env.float("SYNCQUEUE_LEASE_SECONDS", default=15.0),
    "CALL_DEADLINE_SECONDS": env.float("SYNCQUEUE_CALL_DEADLINE_SECONDS", default=25.0),
    "KEEP_DAYS": env.int("SYNCQUEUE_KEEP_DAYS", default=30),
}
# What carries the wake-ups: PostgreSQL itself, or a Redis, which saves it some work.
SYNCQUEUE_BROKER = env.str("SYNCQUEUE_BROKER", default="")
Q_CLUSTER = {
    "name": "store-sync",
    "broker_class": "syncqueue.redis_broker.RedisBroker"
    if SYNCQUEUE_BROKER
    else "syncqueue.broker.NotifyBroker",
    "redis": SYNCQUEUE_BROKER,
    "orm": "default",
    "workers": env.int("SYNCQUEUE_WORKERS", default=4),
    "bulk": 1,
    "queue_limit": env.int("SYNCQUEUE_WORKERS", default=4),
    "timeout": 60,
    "retry": 120,
    "ack_failures": True,
    "max_attempts": 1,
    "save_limit": -1,
    "recycle": 1000,
    "catch_up": False,
    "label": "Wake-ups",
}

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["stores.api.bearer.BearerAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["stores.api.bearer.HasScope"],
    "DEFAULT_THROTTLE_CLASSES": ["stores.api.bearer.TokenThrottle"],
    "DEFAULT_FILTER_BACKENDS": ["stores.api.forms.KnownFilters"],
    "DEFAULT_PAGINATION_CLASS": "stores.api.paging.Pages",
    "DEFAULT_PARSER_CLASSES": ["stores.api.parsing.JSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_SCHEMA_CLASS": "stores.api.schema.Schema",
    "EXCEPTION_HANDLER": "catalogue.api.problems.answer_problem",
    "COERCE_DECIMAL_TO_STRING": True,
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Store Sync",
    "VERSION": "1",
    "DESCRIPTION": "One catalogue, kept in step with many Shopify stores.",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_AUTHENTICATION": [],
    "SERVE_PERMISSIONS": [],
    "COMPONENT_SPLIT_REQUEST": True,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "POSTPROCESSING_HOOKS": [],  # words stand where they are used: their sets share field names
}

UNFOLD = {
    "SITE_TITLE": "Store Sync",
    "SITE_HEADER": "Store Sync",
    "DASHBOARD_CALLBACK": "activity.admin.home.home",
    "SHOW_HISTORY": False,
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"},
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": env.str("LOG_LEVEL", default="INFO")},
}

if dsn := env.str("SENTRY_DSN", default=""):
    sentry_sdk.init(
        dsn=dsn,
        environment=env.str("SENTRY_ENVIRONMENT", default="production"),
        send_default_pii=False,
        max_request_body_size="never",
        include_local_variables=False,
        before_send=privacy.scrub_event,
    )
