"""The provider's Django settings, its pages and its people."""

from pathlib import Path

import django
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from django.conf import settings


class Lifetime:
    """How many seconds the next access tokens live."""

    seconds = 3600


lifetime = Lifetime()
PEOPLE = ("ada", "grace")
PASSWORD = "practice-password"
SCOPES = {
    "openid": "Know who you are",
    "profile": "Read your name",
    "email": "Read your e-mail address",
    "mail.read": "Read your mail",
    "mail.send": "Send mail for you",
}

_LOGIN_PAGE = """<!doctype html><html lang="en"><title>Sign in</title><h1>Sign in</h1>
<form method="post">{% csrf_token %}{{ form.as_p }}<button type="submit">Sign in</button></form></html>"""


def configure(folder: Path, access_token_seconds: int) -> None:
    """Sets Django up on a database of its own in `folder`, with two people."""
    lifetime.seconds = access_token_seconds
    settings.configure(
        SECRET_KEY="only-for-tests",
        DEBUG=False,
        ALLOWED_HOSTS=["127.0.0.1"],
        ROOT_URLCONF="django_provider.urls",
        USE_TZ=True,
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        LOGIN_URL="/login/",
        DATABASES={
            "default": {
                "ENGINE": "django.db.backends.sqlite3",
                "NAME": folder / "provider.sqlite3",
                "OPTIONS": {"timeout": 20, "transaction_mode": "IMMEDIATE", "init_command": "PRAGMA journal_mode=WAL;"},
            }
        },
        INSTALLED_APPS=[
            "django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions", "django.contrib.messages",
            "oauth2_provider",
        ],
        MIDDLEWARE=[
            # As in every new Django project; its pages then cut the tie to whoever opened their window.
            "django.middleware.security.SecurityMiddleware",
            "django.contrib.sessions.middleware.SessionMiddleware",
            "django.middleware.csrf.CsrfViewMiddleware",
            "django.contrib.auth.middleware.AuthenticationMiddleware",
            "django.contrib.messages.middleware.MessageMiddleware",
        ],
        TEMPLATES=[
            {
                "BACKEND": "django.template.backends.django.DjangoTemplates",
                "OPTIONS": {
                    "context_processors": [
                        "django.template.context_processors.request", "django.contrib.auth.context_processors.auth",
                        "django.contrib.messages.context_processors.messages",
                    ],
                    "loaders": [
                        ("django.template.loaders.locmem.Loader", {"registration/login.html": _LOGIN_PAGE}),
                        "django.template.loaders.app_directories.Loader",
                    ],
                },
            }
        ],
        # Fast hashing: these passwords guard nothing.
        PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
        OAUTH2_PROVIDER={
            "PKCE_REQUIRED": True,
            "ROTATE_REFRESH_TOKEN": True,
            "REFRESH_TOKEN_REUSE_PROTECTION": True,
            "REFRESH_TOKEN_GRACE_PERIOD_SECONDS": 0,
            "ACCESS_TOKEN_EXPIRE_SECONDS": access_token_seconds,
            # Read for every token, so that a test can change it while the server runs.
            "EXTRA_SERVER_KWARGS": {"token_expires_in": lambda request: lifetime.seconds},
            "ALLOWED_REDIRECT_URI_SCHEMES": ["http", "https"],
            "OIDC_ENABLED": True,
            "OIDC_RSA_PRIVATE_KEY": new_key(),
            "OAUTH2_VALIDATOR_CLASS": "django_provider.validator.Validator",
            "SCOPES": SCOPES,
            "DEFAULT_SCOPES": ["openid"],
            "REQUEST_APPROVAL_PROMPT": "force",
        },
    )
    django.setup()
    from django.contrib.auth import get_user_model
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    for name in PEOPLE:
        get_user_model().objects.create_user(
            name, f"{name}@provider.example", PASSWORD, first_name=name.title(), last_name="Practice"
        )


def new_key() -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
