"""Tokens of the API: made, shown once, known again by their hash, and revoked."""

import hashlib
import secrets
from collections.abc import Collection
from datetime import datetime

from django.utils import timezone

from stores.enums import Scope
from stores.errors import TokenRefusedError
from stores.models import ApiToken

MARK = "sync_"
PREFIX = len(MARK) + 6

# One statement tells whether the token stands, that it was used, and how often in this minute: so
# the count holds over all processes.
_USE = """
UPDATE stores_apitoken SET
  last_used_at = statement_timestamp(),
  window_calls = CASE WHEN window_at = date_trunc('minute', statement_timestamp())
                      THEN window_calls + 1 ELSE 1 END,
  window_at = date_trunc('minute', statement_timestamp())
WHERE secret_hash = %s AND revoked_at IS NULL
  AND (expires_at IS NULL OR expires_at > statement_timestamp())
RETURNING *
"""


def make_token(
    *,
    workspace_id: int,
    name: str,
    scopes: Collection[Scope],
    by: str,
    expires_at: datetime | None = None,
) -> tuple[ApiToken, str]:
    """Store a token and give it away in clear, for the only time.

    Raises TokenRefusedError where it could do nothing: no scope, or expired already.
    """
    if not scopes:
        raise TokenRefusedError("A token without a scope may do nothing: choose at least one.")
    if expires_at is not None and expires_at <= timezone.now():
        raise TokenRefusedError("This token would have expired already: choose a later instant.")
    secret = MARK + secrets.token_urlsafe(32)
    token: ApiToken = ApiToken.objects.create(
        workspace_id=workspace_id,
        name=name,
        prefix=secret[:PREFIX],
        secret_hash=hash_of(secret),
        scopes=sorted(scope.value for scope in scopes),
        created_by=by,
        expires_at=expires_at,
    )
    return token, secret


def revoke_token(token_id: int, *, by: str) -> bool:
    """End a token at once; False where somebody had ended it before."""
    standing = ApiToken.objects.filter(pk=token_id, revoked_at=None)
    return bool(standing.update(revoked_at=timezone.now(), revoked_by=by))


def use_token(secret: str) -> ApiToken | None:
    """The token that this is, its call counted; None where it is unknown, expired or revoked."""
    return next(iter(ApiToken.objects.raw(_USE, [hash_of(secret)])), None)


def hash_of(secret: str) -> str:
    """A plain hash will do: the secret is 256 bits of chance."""
    return hashlib.sha256(secret.encode()).hexdigest()
