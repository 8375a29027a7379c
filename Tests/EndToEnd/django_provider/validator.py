"""What the provider says about its people in userinfo and ID tokens."""

from oauth2_provider.oauth2_validators import OAuth2Validator


class Validator(OAuth2Validator):
    """Adds address, name, groups and the host platform's id to the standard claims."""

    oidc_claim_scope = OAuth2Validator.oidc_claim_scope | {
        "email": "openid", "email_verified": "openid", "name": "openid", "picture": "openid", "groups": "openid",
        "employee": "openid",
    }

    def get_additional_claims(self, request):
        return {
            "email": request.user.email,
            "email_verified": True,
            "name": request.user.get_full_name(),
            "picture": f"https://provider.example/people/{request.user.username}.png",
            "groups": sorted(request.user.groups.values_list("name", flat=True)),
            "employee": f"employee-{request.user.username}",
        }
