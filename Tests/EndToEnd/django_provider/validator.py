"""What the provider says about its people in userinfo and ID tokens."""

from oauth2_provider.oauth2_validators import OAuth2Validator


class Validator(OAuth2Validator):
    """Adds e-mail and name to the standard claims."""

    oidc_claim_scope = OAuth2Validator.oidc_claim_scope | {"email": "openid", "name": "openid", "picture": "openid"}

    def get_additional_claims(self, request):
        return {
            "email": request.user.email,
            "name": request.user.get_full_name(),
            "picture": f"https://provider.example/people/{request.user.username}.png",
        }
