"""Installing through OAuth's code grant: begun by an operator, finished by Shopify's callback."""

import hashlib
import re
import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from stores.domain.scopes import ASKED, REQUIRED, with_implied
from stores.domain.shops import shop_domain
from stores.enums import Mode
from stores.errors import InstallRefusedError
from stores.models import OAuthState, Organization, Store, Workspace
from stores.services.modes import set_mode
from stores.services.scopes import note_scopes
from stores.services.tokens import columns_of, default_credentials, session_with
from stores.shopify.errors import ShopifyError
from stores.shopify.oauth import authorize_url, exchange_code
from stores.shopify.shop import shop_identity
from stores.shopify.signing import query_is_genuine
from stores.shopify.types import Credentials, ShopIdentity, Token, base_url
from syncqueue.enums import Health, Kind
from syncqueue.models import Channel
from syncqueue.services.channel import release
from syncqueue.services.enqueue import NewJob, enqueue

STATE_LIFE = timedelta(minutes=15)
CALLBACK_LIFE = timedelta(minutes=10)
AFTER_INSTALL = "stores.after_install"
ELSEWHERE = "This shop is connected elsewhere; disconnect it there first."
_SECONDS = re.compile(r"[0-9]{1,11}")


def begin_install(
    *, workspace: Workspace, domain: str, organization: Organization | None, user_id: int | None
) -> tuple[str, str]:
    """Where to send the merchant, and the nonce to tie to this browser.

    Raises InstallRefusedError before anything leaves for an address that is no shop's.
    """
    known = _checked_domain(domain)
    app = _credentials(organization)
    if not app.client_id:
        raise InstallRefusedError("No Shopify app is configured here: its client id is missing.")
    if Store.objects.filter(domain=known).exclude(workspace=workspace).exists():
        raise InstallRefusedError(ELSEWHERE)
    nonce = secrets.token_urlsafe(32)
    OAuthState.objects.create(
        nonce_hash=_hash(nonce),
        workspace=workspace,
        organization=organization,
        domain=known,
        user_id=user_id,
    )
    url = authorize_url(
        base_url=base_url(known, settings.SHOPIFY_TWIN_URL),
        client_id=app.client_id,
        scopes=ASKED,
        redirect_uri=f"{settings.PUBLIC_URL}/shopify/callback/",
        state=nonce,
    )
    return url, nonce


def finish_install(query: Mapping[str, str], *, nonce: str | None) -> Store:
    """Check the callback, trade its code for a token, and connect the store it belongs to.

    The order is state, signature, shop, freshness: nothing is asked of Shopify before. Raises
    InstallRefusedError.
    """
    state = _use_state(query.get("state", ""), nonce)
    app = _credentials(state.organization)
    if not query_is_genuine(query, app.secrets):
        raise InstallRefusedError("The callback is not signed by Shopify.")
    if shop_domain(query.get("shop", "")) != state.domain:
        raise InstallRefusedError("The callback is about another shop than the one asked for.")
    _check_fresh(query.get("timestamp", ""))
    address = base_url(state.domain, settings.SHOPIFY_TWIN_URL)
    try:
        token = exchange_code(
            base_url=address, credentials=app, code=query.get("code", ""), now=timezone.now()
        )
        identity = shop_identity(session_with(state.domain, token.access_token))
    except ShopifyError as error:
        raise InstallRefusedError(f"Shopify did not finish the installation: {error}") from error
    return connect(state.workspace, state.domain, state.organization, token, identity)


def connect(
    workspace: Workspace,
    domain: str,
    organization: Organization | None,
    token: Token,
    identity: ShopIdentity,
) -> Store:
    """Store a token that is proved to be this shop's, and queue what follows an installation."""
    missing = set(REQUIRED) - with_implied(identity.scopes)
    if missing:
        raise InstallRefusedError(f"The scopes {', '.join(sorted(missing))} were not granted.")
    if identity.domain != domain:
        raise InstallRefusedError("The token belongs to another shop.")
    with transaction.atomic():
        store = _store_of(workspace, domain)
        if store.shop_gid and store.shop_gid != identity.gid:
            raise InstallRefusedError("Another shop answers under this store's address.")
        Store.objects.filter(pk=store.pk).update(
            shop_gid=identity.gid,
            name=identity.name,
            currency=identity.currency,
            timezone=identity.timezone,
            plan=identity.plan,
            organization=organization,
            installed_at=timezone.now(),
            covered_since=timezone.now(),
            **columns_of(token),
        )
        if store.mode in (Mode.DISCOVERED, Mode.UNINSTALLED):
            set_mode(store.pk, Mode.CONNECTED, by="", reason="The app was installed.")
        release(store.channel_id, by="")
        subscribe(store, cause_id=uuid4())
        note_scopes(store, token.scopes, cause_id=uuid4())
    store.refresh_from_db()
    return store


def subscribe(store: Store, *, cause_id: UUID) -> None:
    """Queue what brings the webhook subscriptions to what is declared, and begins the pull."""
    job = NewJob(
        channel_id=store.channel_id,
        kind=Kind.CALL,
        key="shop",
        handler=AFTER_INSTALL,
        payload={"store": store.pk},
        cause_id=cause_id,
    )
    enqueue([job])


def _store_of(workspace: Workspace, domain: str) -> Store:
    """The workspace's store of this domain, locked; a new one where nobody has it."""
    rows = Store.objects.select_for_update(no_key=True, of=["self"])
    store: Store | None = rows.filter(domain=domain).first()
    if store is None:
        try:
            with transaction.atomic():
                channel = Channel.objects.create(name=domain, health=Health.HEALTHY)
                return Store.objects.create(workspace=workspace, domain=domain, channel=channel)
        except IntegrityError as error:
            raise InstallRefusedError("This shop is just being connected; try again.") from error
    if store.workspace_id != workspace.pk:
        raise InstallRefusedError(ELSEWHERE)
    return store


def _use_state(state: str, nonce: str | None) -> OAuthState:
    """Take the state, which works once, and only in the browser that began."""
    if not state or not nonce or not secrets.compare_digest(state.encode(), nonce.encode()):
        raise InstallRefusedError("This installation was not begun in this browser.")
    rows = OAuthState.objects.filter(
        nonce_hash=_hash(state), used_at=None, created_at__gt=timezone.now() - STATE_LIFE
    )
    if not rows.update(used_at=timezone.now()):
        raise InstallRefusedError(
            "This installation was already finished or is too old; begin anew."
        )
    return OAuthState.objects.select_related("workspace", "organization").get(
        nonce_hash=_hash(state)
    )


def _checked_domain(raw: str) -> str:
    domain = shop_domain(raw)
    if domain is None:
        raise InstallRefusedError("A shop's address looks like your-shop.myshopify.com.")
    return domain


def _check_fresh(timestamp: str) -> None:
    sent = int(timestamp) if _SECONDS.fullmatch(timestamp) else 0
    age = timezone.now() - datetime.fromtimestamp(sent, tz=timezone.get_default_timezone())
    if abs(age) > CALLBACK_LIFE:
        raise InstallRefusedError("The callback is too old; begin the installation anew.")


def _credentials(organization: Organization | None) -> Credentials:
    if organization is None:
        return default_credentials()
    return Credentials(
        organization.client_id, organization.client_secret, organization.previous_client_secret
    )


def _hash(nonce: str) -> str:
    return hashlib.sha256(nonce.encode()).hexdigest()
