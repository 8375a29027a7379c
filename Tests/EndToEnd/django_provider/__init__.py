"""An OAuth 2.0 and OpenID provider that is not ours: django-oauth-toolkit behind cheroot, with a lid for faults."""
