"""The provider's pages, and the tests' way to steer it below /_control/."""

from django.contrib.auth.views import LoginView
from django.urls import include, path
from oauth2_provider.urls import metadata_urlpatterns

from django_provider import control

urlpatterns = [
    path("", include((metadata_urlpatterns, "oauth2_provider"), namespace="metadata")),
    path("login/", LoginView.as_view()),
    path("o/", include("oauth2_provider.urls", namespace="oauth2_provider")),
    path("mail/", control.mail),
    path("_control/clients/", control.clients),
    path("_control/faults/", control.faults),
    path("_control/counts/", control.counts),
    path("_control/lifetime/", control.lifetime),
    path("_control/expire/", control.expire),
    path("_control/groups/", control.groups),
    path("_control/key/", control.key),
    path("_control/last-login/", control.last_login),
    path("_control/tokens/", control.tokens),
    path("_control/secrets/", control.secrets),
]
