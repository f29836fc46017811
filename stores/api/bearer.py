"""Who calls the API: a token of one workspace, what it may do, and how often."""

from dataclasses import dataclass
from typing import Any

from django.utils import timezone
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed, PermissionDenied
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from stores.enums import Scope
from stores.models import ApiToken
from stores.services.api_tokens import use_token

MINUTE = 60


@dataclass(frozen=True, slots=True)
class Caller:
    """The program behind a token, where DRF expects a user."""

    token: ApiToken
    is_authenticated: bool = True

    def __str__(self) -> str:
        return self.token.name


class BearerAuthentication(BaseAuthentication):
    """`Authorization: Bearer sync_…`; the token names the workspace of all that follows."""

    def authenticate(self, request: Request) -> tuple[Caller, ApiToken] | None:
        kind, _, secret = get_authorization_header(request).decode("latin-1").partition(" ")
        if kind.lower() != "bearer":
            return None
        token = use_token(secret.strip())
        if token is None:
            raise AuthenticationFailed("This token is unknown, expired or revoked.")
        return Caller(token), token

    def authenticate_header(self, request: Request) -> str:  # noqa: ARG002
        return 'Bearer realm="api"'


class HasScope(BasePermission):
    """The token has the view's scope: `read_scope` for looking, `write_scope` for all else."""

    def has_permission(self, request: Request, view: Any) -> bool:
        if not isinstance(request.auth, ApiToken):
            return False
        looking = request.method in SAFE_METHODS
        scope: Scope | None = getattr(view, "read_scope" if looking else "write_scope", None)
        if scope is not None:
            demand(request.auth, scope)
        return True


def demand(token: ApiToken, scope: Scope) -> None:
    """Refuse what a token may not do."""
    if scope.value not in token.scopes:
        raise PermissionDenied(f"This token lacks the scope {scope.value}.")


class TokenThrottle(BaseThrottle):
    """So many calls a minute and token, counted where the token is looked up."""

    def allow_request(self, request: Request, view: Any) -> bool:  # noqa: ARG002
        token: Any = request.auth
        return token is None or token.window_calls <= token.per_minute

    def wait(self) -> float:
        return MINUTE - timezone.now().second
