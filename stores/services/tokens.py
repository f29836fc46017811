"""Access to a store: the session of its token, renewed before it ends."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django_q.tasks import async_task

from stores.models import Store
from stores.shopify.errors import AccessRevoked
from stores.shopify.oauth import refresh_token
from stores.shopify.types import Credentials, Session, Token, base_url
from syncqueue.services.channel import hold

RENEW_BEFORE = timedelta(minutes=10)
UNUSABLE_BEFORE = timedelta(seconds=30)


def credentials_of(store: Store) -> Credentials:
    """The app through which this store is connected, and no other."""
    own = store.organization
    if own is not None:
        return Credentials(own.client_id, own.client_secret, own.previous_client_secret)
    return default_credentials()


def default_credentials() -> Credentials:
    return Credentials(
        settings.SHOPIFY_CLIENT_ID,
        settings.SHOPIFY_CLIENT_SECRET,
        settings.SHOPIFY_PREVIOUS_CLIENT_SECRET,
    )


def session_with(domain: str, token: str, currency: str = "") -> Session:
    return Session(
        domain=domain,
        token=token,
        api_version=settings.SHOPIFY_API_VERSION,
        base_url=base_url(domain, settings.SHOPIFY_TWIN_URL),
        currency=currency,
    )


def session_in(context: object) -> Session:
    """The session that a `plan` handed over; TypeError where it handed over something else."""
    if not isinstance(context, Session):
        raise TypeError("A call needs a session.")
    return context


def session_of(store: Store) -> Session | None:
    """The store's session, without any network; None while its token is being renewed."""
    left = _left(store)
    if left < RENEW_BEFORE:
        transaction.on_commit(lambda: async_task("stores.services.tokens.renew", store.pk))
    if left < UNUSABLE_BEFORE:
        return None
    return session_with(store.domain, store.access_token, store.currency)


def renew(store_id: int) -> bool:
    """Trade the refresh token for a new pair; False where another process was faster.

    The network stands outside any transaction; the pair is stored in one statement. A refresh
    token that Shopify no longer takes holds the channel: only a new installation helps.
    """
    store = Store.objects.select_related("organization").get(pk=store_id)
    if _left(store) > RENEW_BEFORE:
        return False
    try:
        token = refresh_token(
            base_url=base_url(store.domain, settings.SHOPIFY_TWIN_URL),
            credentials=credentials_of(store),
            token=store.refresh_token,
            now=timezone.now(),
        )
    except AccessRevoked as error:
        hold(store.channel_id, reason=f"{error} The app must be installed again.", by="")
        return False
    rows = Store.objects.filter(pk=store_id, token_expires_at=store.token_expires_at)
    return bool(rows.update(**columns_of(token)))


def _left(store: Store) -> timedelta:
    """How long the token lives; one that doesn't expire lives for ever."""
    ends: datetime | None = store.token_expires_at
    return ends - timezone.now() if ends else timedelta.max


def columns_of(token: Token) -> dict[str, object]:
    """The columns of a store that hold its token."""
    return {
        "access_token": token.access_token,
        "refresh_token": token.refresh_token or "",
        "token_expires_at": token.expires_at,
        "scopes": list(token.scopes),
    }
