"""The authorization code grant: a consent page, and a signed way back (shopify-platform.md 1.2)."""

import base64
import hashlib
import hmac
import html
import secrets
from collections.abc import Mapping, Sequence
from datetime import timedelta
from urllib.parse import urlencode, urlsplit

from stores.twin.apps import App, Code
from stores.twin.http import Request, Response, redirect
from stores.twin.pages import page, refusal
from stores.twin.world import Shop, Twin

__all__ = ["authorize", "consent_form", "host_of", "scopes_left", "sign"]

CODE_LIFE = timedelta(minutes=10)
PER_USER = "grant_options[]"
_WITHHOLD = "withhold."
_CARRIED = (
    "client_id",
    "scope",
    "redirect_uri",
    "state",
    PER_USER,
    "response_type",
    "code_challenge",
    "code_challenge_method",
)


def authorize(twin: Twin, shop: Shop, request: Request) -> Response:
    """GET shows what the app asks for, POST is the merchant's yes, perhaps to less than all."""
    asked = request.form() if request.method == "POST" else request.query
    app = twin.apps.get(asked.get("client_id", ""))
    if app is None:
        return refusal("Oauth error invalid_client: this app is not known.")
    if not _is_allowed(asked.get("redirect_uri", ""), app.redirects):
        return refusal("Oauth error invalid_request: the redirect_uri is not whitelisted.")
    if asked.get("code_challenge") and asked.get("code_challenge_method") != "S256":
        return refusal("Oauth error invalid_request: the code_challenge_method is not S256.")
    if request.method == "POST" or twin.settings.auto_approve:
        return redirect(_callback(twin, shop, app, asked))
    hidden = {name: asked[name] for name in _CARRIED if name in asked}
    scopes = _split(asked.get("scope", ""))
    return page("Install app", consent_form(shop, app, scopes, hidden, choice=True))


def consent_form(
    shop: Shop, app: App, scopes: Sequence[str], hidden: Mapping[str, str], *, choice: bool
) -> str:
    """What an app asks for; with `choice`, each scope can be withheld."""
    fields = "".join(
        f'<input type="hidden" name="{name}" value="{html.escape(value)}">'
        for name, value in hidden.items()
    )
    asks = "".join(
        f"<li><code>{html.escape(scope)}</code>{_withholding(scope) if choice else ''}</li>"
        for scope in scopes
    )
    whose = " in your name" if PER_USER in hidden else ""
    return (
        f"<p>The app <strong>{html.escape(app.client_id)}</strong> asks {html.escape(shop.name)}"
        f'{whose} for:</p><form method="post">{fields}<ul>{asks}</ul>'
        "<button>Install app</button></form>"
    )


def scopes_left(shop: Shop, scopes: Sequence[str], form: Mapping[str, str]) -> list[str]:
    """What the merchant grants of what was asked: not what was withheld here or by a knob."""
    never = set(_split(shop.knobs.withheld_scopes))
    return [each for each in scopes if each not in never and f"{_WITHHOLD}{each}" not in form]


def _withholding(scope: str) -> str:
    name = f"{_WITHHOLD}{html.escape(scope)}"
    return f' <label><input type="checkbox" name="{name}"> withhold</label>'


def host_of(shop: Shop) -> str:
    """The `host` of callbacks and embedded pages: base64 without padding."""
    host = f"admin.shopify.com/store/{shop.domain.partition('.')[0]}"
    return base64.b64encode(host.encode()).decode().rstrip("=")


def sign(query: Mapping[str, str], secret: str) -> str:
    """Lower-case hex over the sorted pairs, without the signature itself."""
    message = "&".join(f"{key}={query[key]}" for key in sorted(query) if key != "hmac")
    return hmac.digest(secret.encode(), message.encode(), hashlib.sha256).hex()


def _callback(twin: Twin, shop: Shop, app: App, asked: Mapping[str, str]) -> str:
    """The app's address with a one-time code; only values whose encoding all libraries share."""
    code = secrets.token_hex(16)
    with shop.lock:
        shop.codes[code] = Code(
            app.client_id,
            scopes_left(shop, _split(asked.get("scope", "")), asked),
            twin.clock.now() + CODE_LIFE,
            per_user=asked.get(PER_USER) == "per-user",
            challenge=asked.get("code_challenge"),
        )
    query = {
        "code": code,
        "host": host_of(shop),
        "shop": shop.domain,
        "timestamp": str(int(twin.clock.seconds())),
    }
    if "state" in asked:
        query["state"] = asked["state"]
    target = asked["redirect_uri"]
    joint = "&" if "?" in target else "?"
    return f"{target}{joint}{urlencode({**query, 'hmac': sign(query, app.secret)})}"


def _is_allowed(target: str, allowed: Sequence[str]) -> bool:
    """Whether an address is on the app's list, or lies below an address on it."""
    wanted = urlsplit(target)
    for each in allowed:
        known = urlsplit(each)
        below = f"{wanted.path}/".startswith(f"{known.path.rstrip('/')}/")
        if (wanted.scheme, wanted.netloc) == (known.scheme, known.netloc) and below:
            return True
    return False


def _split(scopes: str) -> list[str]:
    return [scope.strip() for scope in scopes.split(",") if scope.strip()]
