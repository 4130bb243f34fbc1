"""Django settings. What differs between installations comes from the environment (docs/reference/settings.md)."""

import os
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _
from psycopg.conninfo import conninfo_to_dict

from qianhang.wiring.observability import logging_config

PACKAGE = Path(__file__).resolve().parent.parent


def _flag(name: str, *, default: bool = False) -> bool:
    return os.environ.get(name, "1" if default else "0").lower() in {"1", "true", "yes", "on"}


def _list(name: str, default: str = "") -> list[str]:
    return [item.strip() for item in os.environ.get(name, default).split(",") if item.strip()]


DATA_DIR = Path(os.environ.get("QIANHANG_DATA_DIR", Path.home() / ".local/share/qianhang"))
DEBUG = _flag("QIANHANG_DEBUG")


def _secret_key() -> str:
    """From the environment, else from the data folder's own 0600 file, which `qianhang up` makes."""
    if key := os.environ.get("QIANHANG_SECRET_KEY"):
        return key
    kept = DATA_DIR / "secret" / "key"
    if kept.is_file():
        return kept.read_text("ascii").strip()
    # Commands that touch neither sessions nor sealed data (help, makemigrations) run without one; anything signed
    # with this throw-away key is worthless in the next process, which is what a missing key should mean.
    return os.urandom(48).hex()


SECRET_KEY = _secret_key()
ALLOWED_HOSTS = _list("QIANHANG_ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]")
CSRF_TRUSTED_ORIGINS = _list("QIANHANG_TRUSTED_ORIGINS")
BEHIND_TLS = _flag("QIANHANG_BEHIND_TLS")

INSTALLED_APPS = [
    "qianhang.portal",
    "qianhang.core.people",
    "qianhang.core.audit",
    "qianhang.core.events",
    "qianhang.core.ledger",
    "qianhang.core.metering",
    "qianhang.core.web",
    "qianhang.funding",
    "qianhang.compute",
    "qianhang.programme",
    "qianhang.wiring.apps.WiringConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.forms",
    "django_cotton.apps.SimpleAppConfig",
    "django_htmx",
    "ninja",
    "lucide",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "procrastinate.contrib.django",
]

MIDDLEWARE = [
    "qianhang.core.web.frame.FrameMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "qianhang.core.web.language.ChosenLanguage",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "qianhang.core.people.identity.IdentityMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "qianhang.core.web.pages.DomainErrorPages",
]

# What is left of it for a request with an API key and no cookie (core/web/threads.py).
KEY_MIDDLEWARE = [
    "qianhang.core.web.frame.FrameMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "qianhang.core.web.language.ChosenLanguage",
    "qianhang.core.people.identity.IdentityMiddleware",
]

ROOT_URLCONF = "qianhang.wiring.urls"
ASGI_APPLICATION = "qianhang.wiring.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [],
        "OPTIONS": {
            "loaders": [
                (
                    "django.template.loaders.cached.Loader",
                    [
                        "django_cotton.cotton_loader.Loader",
                        "django.template.loaders.filesystem.Loader",
                        "django.template.loaders.app_directories.Loader",
                    ],
                )
            ],
            "builtins": [
                "django_cotton.templatetags.cotton",
                "django.templatetags.i18n",
                "django.templatetags.static",
                "django_htmx.templatetags.django_htmx",
                "qianhang.portal.templatetags.qianhang",
            ],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "qianhang.wiring.nav.frame",
            ],
        },
    }
]


# Django's own form templates, with ours in front of them (portal/templates/django/forms).
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"
# Components see what they are given and what context processors give, not the page's variables.
COTTON_ISOLATE_BY_DEFAULT = True
CSRF_FAILURE_VIEW = "qianhang.core.web.pages.csrf_failure"


def _database(url: str) -> dict[str, object]:
    parts = conninfo_to_dict(url)
    options = {k: v for k, v in parts.items() if k not in {"dbname", "user", "password", "host", "port"}}
    return {
        "ENGINE": "qianhang.wiring.database",
        "NAME": parts.get("dbname", "qianhang"),
        "USER": parts.get("user", ""),
        "PASSWORD": parts.get("password", ""),
        "HOST": parts.get("host", ""),
        "PORT": str(parts.get("port", "")),
        # Requests are answered by a fixed number of lasting threads (core.web.threads): each keeps its connection.
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": options,
    }


# `qianhang up` sets both; the second is the schema owner's and is used by `qianhang migrate` alone.
DATABASE_URL = os.environ.get("QIANHANG_DATABASE_URL", "dbname=qianhang")
MIGRATION_DATABASE_URL = os.environ.get("QIANHANG_MIGRATION_DATABASE_URL", DATABASE_URL)
DATABASES = {"default": _database(MIGRATION_DATABASE_URL if _flag("QIANHANG_AS_OWNER") else DATABASE_URL)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "people.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.ScryptPasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]

ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_SIGNUP_FORM_CLASS = "qianhang.core.people.forms.SignUpForm"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = os.environ.get("QIANHANG_EMAIL_VERIFICATION", "optional")
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_ADAPTER = "qianhang.core.people.adapter.AccountAdapter"
SOCIALACCOUNT_ADAPTER = "qianhang.core.people.adapter.SocialAccountAdapter"
# Five failures lock an address out for five minutes. Counted in the database: memory would be per process, and a
# restart would forget.
ACCOUNT_RATE_LIMITS = {"login_failed": "20/m/ip,5/5m/key"}
CACHES = {"default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "web_cache"}}
# Behind a TLS proxy the client's address is the last one the proxy wrote; without one, a header proves nothing.
ALLAUTH_TRUSTED_PROXY_COUNT = 1 if BEHIND_TLS else 0
ACCOUNT_REAUTHENTICATION_TIMEOUT = 600
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "dashboard"
ACCOUNT_LOGOUT_REDIRECT_URL = "home"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not BEHIND_TLS


def oidc_providers(environment: Mapping[str, str]) -> dict[str, object]:
    """What the sign-in library is told of the operator's OpenID Connect provider; empty if there is none.

    A person is known by what the provider calls them (`sub`), never by their address: who holds an account here
    connects it themselves, after signing in. The provider's address is the operator's word, so it may be a private one;
    the rules of core.outgoing are for addresses that users give.
    """
    if "QIANHANG_OIDC_CLIENT_ID" not in environment:
        return {}
    app = {
        "provider_id": environment.get("QIANHANG_OIDC_ID", "oidc"),
        "name": environment.get("QIANHANG_OIDC_NAME", "OpenID Connect"),
        "client_id": environment["QIANHANG_OIDC_CLIENT_ID"],
        "secret": environment.get("QIANHANG_OIDC_SECRET", ""),
        "settings": {
            "server_url": environment.get("QIANHANG_OIDC_SERVER", ""),
            "oauth_pkce_enabled": True,
            "email_authentication": False,
        },
    }
    return {"openid_connect": {"APPS": [app]}}


SOCIALACCOUNT_PROVIDERS = oidc_providers(os.environ)
SOCIALACCOUNT_STORE_TOKENS = False


def mail_settings(environment: Mapping[str, str]) -> dict[str, object]:
    """Django's settings of the mail server. Without one nothing is sent, and nothing of a mail is logged."""
    host = environment.get("QIANHANG_EMAIL_HOST", "")
    security = environment.get("QIANHANG_EMAIL_SECURITY", "starttls")
    if security not in MAIL_PORTS:
        raise ImproperlyConfigured(f"QIANHANG_EMAIL_SECURITY is one of {', '.join(MAIL_PORTS)}, not {security!r}.")
    backend = "django.core.mail.backends.smtp.EmailBackend" if host else "qianhang.core.web.unsent_mail.EmailBackend"
    return {
        "EMAIL_BACKEND": environment.get("QIANHANG_EMAIL_BACKEND", backend),
        "SENDS_MAIL": bool(host or "QIANHANG_EMAIL_BACKEND" in environment),
        "EMAIL_HOST": host,
        "EMAIL_PORT": int(environment.get("QIANHANG_EMAIL_PORT", MAIL_PORTS[security])),
        "EMAIL_HOST_USER": environment.get("QIANHANG_EMAIL_USER", ""),
        "EMAIL_HOST_PASSWORD": environment.get("QIANHANG_EMAIL_PASSWORD", ""),
        "EMAIL_USE_TLS": security == "starttls",
        "EMAIL_USE_SSL": security == "tls",
        # A person waits for the answer, and a request's thread with them.
        "EMAIL_TIMEOUT": 10,
        "DEFAULT_FROM_EMAIL": environment.get("QIANHANG_FROM_EMAIL", "qianhang@localhost"),
    }


# Ports of RFC 6409 and RFC 8314, and the one for a relay on this machine.
MAIL_PORTS = {"starttls": "587", "tls": "465", "none": "25"}
_MAIL = mail_settings(os.environ)
globals().update(_MAIL)
SENDS_MAIL = bool(_MAIL["SENDS_MAIL"])
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", _("Chinese")), ("en", _("English"))]
LANGUAGE_COOKIE_NAME = "qianhang_language"
THEME_COOKIE_NAME = "qianhang_theme"
# Packages that are not Django apps of their own; every app's own locale folder is found by itself.
LOCALE_PATHS = [PACKAGE / "core" / "locale", PACKAGE / "wiring" / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = os.environ.get("QIANHANG_TIME_ZONE", "Asia/Shanghai")

STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
STORAGES = {
    "default": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": DATA_DIR / "objects", "file_permissions_mode": 0o600},
    },
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = DEBUG

SESSION_COOKIE_NAME = "qianhang_session"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = BEHIND_TLS
SESSION_COOKIE_HTTPONLY = True
SECURE_HSTS_SECONDS = 31_536_000 if BEHIND_TLS else 0
SECURE_SSL_REDIRECT = False
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_TLS else None
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"


def content_policy(environment: Mapping[str, str]) -> dict[str, object]:
    """What a page of ours may load, and where its forms may lead."""
    provider = urlsplit(environment.get("QIANHANG_OIDC_SERVER", ""))
    # The way to an identity provider begins as a form of ours, and browsers hold its redirect to this, too.
    elsewhere = [f"{provider.scheme}://{provider.netloc}"] if provider.netloc else []
    return {
        "DIRECTIVES": {
            "default-src": ["'self'"],
            "img-src": ["'self'", "data:"],
            "style-src": ["'self'"],
            "script-src": ["'self'"],
            "frame-ancestors": ["'none'"],
            "form-action": ["'self'", *elsewhere],
            "base-uri": ["'self'"],
            "object-src": ["'none'"],
        }
    }


CONTENT_SECURITY_POLICY = content_policy(os.environ)
# All of a request but its files. The largest document there is, a job spec with all it may hold, is a tenth of this.
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
FILE_UPLOAD_PERMISSIONS = 0o600
# The addresses that files are sent to, and who says that their sender is known before any of a file is taken.
UPLOAD_PATHS = (
    "/api/v1/uploads",
    "/api/v1/plans",
    "/api/v1/evidence",
    "/jobs/new/",
    "/plans/import/",
    "/series/manual/values/",
    "/series/outside/values/",
    "/tasks/reports/",
    "/tasks/milestones/",
    "/systems/states/",
)
SENDER_CHECK = "qianhang.core.people.identity.is_known"
COTTON_DIR = "cotton"
SILENCED_SYSTEM_CHECKS: list[str] = []

LOGGING = logging_config(level=os.environ.get("QIANHANG_LOG_LEVEL", "INFO"))
# Who may read /metrics from elsewhere; without a token only this machine may. The folder is for several processes.
METRICS_TOKEN = os.environ.get("QIANHANG_METRICS_TOKEN", "")
METRICS_DIR = os.environ.get("PROMETHEUS_MULTIPROC_DIR", "")

# What the region calls itself, shown in the top bar.
REGION_NAME = os.environ.get("QIANHANG_REGION_NAME", "示范省")
REGION_NAME_EN = os.environ.get("QIANHANG_REGION_NAME_EN", "Demo Province")
# Sealing key for secrets at rest (core.vault); by default derived from SECRET_KEY.
VAULT_KEYS = _list("QIANHANG_VAULT_KEYS")
# Address ranges that outgoing requests may reach although they are private, such as 10.0.0.0/8 (core.outgoing).
ALLOWED_PRIVATE_NETWORKS = _list("QIANHANG_ALLOWED_PRIVATE_NETWORKS")
MAX_UPLOAD_BYTES = int(os.environ.get("QIANHANG_MAX_UPLOAD_BYTES", str(512 * 1024 * 1024)))
# What one organisation's files may take in all, and how long files stay that no job names.
UPLOAD_QUOTA_BYTES = int(os.environ.get("QIANHANG_UPLOAD_QUOTA_BYTES", str(20 * 1024 * 1024 * 1024)))
UPLOADS_KEPT_DAYS = int(os.environ.get("QIANHANG_UPLOADS_KEPT_DAYS", "7"))
# How long a waiting job that fits no cluster any more keeps its place and its money.
UNFIT_JOBS_KEPT = timedelta(hours=float(os.environ.get("QIANHANG_UNFIT_JOBS_HOURS", "24")))
# Where the local cluster keeps run folders, and what it lends to jobs.
RUNS_DIR = Path(os.environ.get("QIANHANG_RUNS_DIR", DATA_DIR / "runs"))
# Whether jobs that ask for a network get this machine's own.
LOCAL_NETWORK = _flag("QIANHANG_LOCAL_NETWORK")
# Whether jobs run where no sandbox can be made: as plain processes of the platform's own user, who reads its keys.
LOCAL_UNISOLATED = _flag("QIANHANG_LOCAL_UNISOLATED")
LOCAL_CPUS = os.environ.get("QIANHANG_LOCAL_CPUS", "")
LOCAL_MEMORY_MIB = os.environ.get("QIANHANG_LOCAL_MEMORY_MIB", "")
# An OpenAI-compatible model that may propose findings in plans, for review. Off unless both are set.
PROPOSER_URL = os.environ.get("QIANHANG_PROPOSER_URL", "")
PROPOSER_MODEL = os.environ.get("QIANHANG_PROPOSER_MODEL", "")
PROPOSER_KEY = os.environ.get("QIANHANG_PROPOSER_KEY", "")
