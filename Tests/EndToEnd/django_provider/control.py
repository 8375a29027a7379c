"""What tests ask of the provider besides OAuth: clients, faults, counts, expiry. Only on loopback, only in tests."""

import json
from datetime import timedelta

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.http import JsonResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from oauth2_provider.models import AccessToken, Application, RefreshToken
from oauth2_provider.settings import oauth2_settings

from django_provider import configuration
from django_provider.faults import Fault, Lid

# Set once by the server before it listens.
lid: Lid | None = None


@csrf_exempt
def clients(request):
    """Registers a confidential client, or changes its redirect URIs."""
    body = json.loads(request.body)
    Application.objects.update_or_create(
        client_id=body["clientId"],
        defaults={
            "name": body.get("name", "Lanyard"),
            "client_type": Application.CLIENT_CONFIDENTIAL,
            "authorization_grant_type": Application.GRANT_AUTHORIZATION_CODE,
            "client_secret": body["clientSecret"],
            "redirect_uris": " ".join(body["redirectUris"]),
            "algorithm": Application.RS256_ALGORITHM,
        },
    )
    return JsonResponse({})


@csrf_exempt
def faults(request):
    if request.method == "DELETE":
        lid.clear()
    elif request.method == "POST":
        lid.add(Fault(**json.loads(request.body)))
    return JsonResponse({"faults": lid.faults()})


def counts(request):
    return JsonResponse(lid.counts())


@csrf_exempt
def lifetime(request):
    """How many seconds the access tokens of later answers live."""
    configuration.lifetime.seconds = json.loads(request.body)["seconds"]
    return JsonResponse({})


@csrf_exempt
def expire(request):
    """Ends every access token now, at the provider only."""
    ended = AccessToken.objects.update(expires=timezone.now() - timedelta(seconds=1))
    return JsonResponse({"ended": ended})


@csrf_exempt
def groups(request):
    """The groups that a person is in from now on; the person is made on first sight."""
    body = json.loads(request.body)
    person, is_new = get_user_model().objects.get_or_create(
        username=body["person"], defaults={"email": f"{body['person']}@provider.example", "first_name": body["person"]}
    )
    if is_new:
        person.set_password(configuration.PASSWORD)
        person.save()
    person.groups.set([Group.objects.get_or_create(name=name)[0] for name in body["groups"]])
    return JsonResponse({})


@csrf_exempt
def last_login(request):
    """When a person is said to have proved themselves."""
    body = json.loads(request.body)
    get_user_model().objects.filter(username=body["person"]).update(last_login=body["time"])
    return JsonResponse({})


@csrf_exempt
def key(request):
    """The provider signs with another key from now on, and publishes no other."""
    settings.OAUTH2_PROVIDER["OIDC_RSA_PRIVATE_KEY"] = configuration.new_key()
    oauth2_settings.reload()
    return JsonResponse({})


def tokens(request):
    """How many tokens are alive."""
    return JsonResponse(
        {
            "accessTokens": AccessToken.objects.filter(expires__gt=timezone.now()).count(),
            "refreshTokens": RefreshToken.objects.filter(revoked__isnull=True).count(),
        }
    )


def secrets(request):
    """Every token ever issued, for the search for leaks."""
    return JsonResponse(
        {
            "accessTokens": list(AccessToken.objects.values_list("token", flat=True)),
            "refreshTokens": list(RefreshToken.objects.values_list("token", flat=True)),
        }
    )


def mail(request):
    """A protected resource: needs a live access token with the scope `mail.read`."""
    _, _, value = request.headers.get("Authorization", "").partition(" ")
    token = AccessToken.objects.filter(token=value).first()
    if token is None or not token.is_valid(["mail.read"]):
        return JsonResponse({"error": "invalid_token"}, status=401)
    return JsonResponse({"messages": [{"to": token.user.email, "subject": "Welcome"}]})
