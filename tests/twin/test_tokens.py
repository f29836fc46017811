"""Every way to a token, and every way that it ends.

Source: shopify-platform.md 1.2 (code, PKCE, per user), 1.3 (exchange), 1.4 (refresh), 1.5 (ID
tokens), 1.7 (client credentials), 1.8 (rotation of secrets).
"""

import base64
import hashlib

import jwt
import pytest
import requests

from tests.twin.conftest import APP, DOMAIN, SECRET
from tests.twin.test_oauth import approved, exchange, works

NEW_SECRET = "shpss_that_comes_after_the_rotation"
ORG = {"organization": "acme"}
ID_TOKEN = "urn:ietf:params:oauth:token-type:id_token"
KIND = "urn:shopify:params:oauth:token-type:{}-access-token"
OFFLINE, ONLINE = KIND.format("offline"), KIND.format("online")


@pytest.fixture
def url(twin):
    twin.add_shop(DOMAIN, **ORG)
    return f"{twin.url}/shops/{DOMAIN}"


@pytest.fixture
def installed(twin, url):
    """The app in the shop, as Shopify itself installs it."""
    twin.deploy(APP, url="https://app.example.com", scopes=["write_products"], **ORG)
    twin.install(DOMAIN, APP)
    return url


def trade(url, token, *, to=OFFLINE, kind=ID_TOKEN, **more):
    grant = "urn:ietf:params:oauth:grant-type:token-exchange"
    asked = {"subject_token": token, "subject_token_type": kind, "requested_token_type": to, **more}
    return exchange(url, grant_type=grant, **asked)


def refresh(url, token, **more):
    return exchange(url, grant_type="refresh_token", refresh_token=token, **more)


def test_an_id_token_has_all_claims_and_a_minute_to_live(twin, installed):
    token = twin.visit(DOMAIN, APP)["id_token"]
    claims = jwt.decode(token, SECRET, algorithms=["HS256"], audience=APP)
    assert (claims["iss"], claims["dest"]) == (f"https://{DOMAIN}/admin", f"https://{DOMAIN}")
    assert claims["exp"] - claims["iat"] == 60
    assert set(claims) == {"iss", "dest", "aud", "sub", "exp", "nbf", "iat", "jti", "sid"}
    assert claims["sub"].isdecimal()


def test_an_id_token_is_traded_for_an_offline_token_that_expires_if_asked(twin, installed):
    token = twin.visit(DOMAIN, APP)["id_token"]
    lasting = trade(installed, token).json()
    expiring = trade(installed, token, expiring=1).json()
    assert set(lasting) == {"access_token", "scope"}
    assert (expiring["expires_in"], expiring["refresh_token_expires_in"]) == (3600, 7_776_000)
    assert expiring["scope"] == "write_products"
    assert works(installed, expiring["access_token"])


def test_an_id_token_is_traded_for_a_users_token_that_lasts_a_day(twin, installed):
    visit = twin.visit(DOMAIN, APP)
    online = trade(installed, visit["id_token"], to=ONLINE).json()
    assert online["expires_in"] == 86_399
    assert online["associated_user"]["account_owner"] is True
    claims = jwt.decode(visit["id_token"], SECRET, algorithms=["HS256"], audience=APP)
    assert str(online["associated_user"]["id"]) == claims["sub"]
    assert works(installed, online["access_token"])
    twin.advance(86_400)
    assert not works(installed, online["access_token"])


def test_a_stale_foreign_or_forged_id_token_is_refused(twin, installed):
    twin.add_shop("other.myshopify.com")
    twin.install("other.myshopify.com", APP)
    foreign = twin.visit("other.myshopify.com", APP)["id_token"]
    claims = {"dest": f"https://{DOMAIN}", "aud": APP, "nbf": 0, "exp": 9e9, "sub": "1"}
    forged = jwt.encode(claims, "not-the-secret-of-this-app-at-all", algorithm="HS256")
    stale = twin.visit(DOMAIN, APP)["id_token"]
    twin.advance(71)
    for token in (foreign, forged, stale, "x", "a.b.c"):
        refusal = trade(installed, token)
        assert (refusal.status_code, refusal.json()) == (400, {"error": "invalid_subject_token"})


def test_ten_seconds_of_grace_are_given(twin, installed):
    token = twin.visit(DOMAIN, APP)["id_token"]
    twin.advance(65)
    assert trade(installed, token).ok


def test_an_app_that_is_not_installed_is_an_invalid_client(twin, installed):
    token = twin.visit(DOMAIN, APP)["id_token"]
    twin.uninstall(DOMAIN)
    refusal = trade(installed, token)
    assert (refusal.status_code, refusal.json()) == (400, {"error": "invalid_client"})


def test_an_old_token_migrates_once_and_is_revoked_by_it(twin, installed):
    old = twin.install(DOMAIN, APP)
    assert not trade(installed, old, kind=OFFLINE).ok, "only towards an expiring token"
    new = trade(installed, old, kind=OFFLINE, expiring="1").json()
    assert works(installed, new["access_token"])
    assert not works(installed, old)
    assert trade(installed, old, kind=OFFLINE, expiring="1").json() == {
        "error": "invalid_subject_token"
    }


def test_a_token_that_does_not_expire_stays_the_same_however_often_it_is_asked_for(twin, installed):
    token = twin.visit(DOMAIN, APP)["id_token"]
    assert len({trade(installed, token).json()["access_token"] for _ in range(3)}) == 1


@pytest.fixture
def pair(twin, installed):
    return trade(installed, twin.visit(DOMAIN, APP)["id_token"], expiring=1).json()


def test_a_used_refresh_token_is_replayed_for_thirty_days_at_most(twin, installed, pair):
    assert refresh(installed, pair["refresh_token"]).ok
    twin.advance(29 * 86_400)
    assert refresh(installed, pair["refresh_token"]).ok
    twin.advance(2 * 86_400)
    assert refresh(installed, pair["refresh_token"]).status_code == 401


def test_a_strict_shop_takes_a_refresh_token_once(twin, installed, pair):
    twin.settings(DOMAIN, strict_refresh=True)
    second = refresh(installed, pair["refresh_token"]).json()
    assert refresh(installed, pair["refresh_token"]).status_code == 401
    assert refresh(installed, second["refresh_token"]).ok


def test_an_unused_refresh_token_lives_for_ninety_days(twin, installed, pair):
    twin.advance(90 * 86_400 - 60)
    second = refresh(installed, pair["refresh_token"]).json()
    twin.advance(90 * 86_400 + 60)
    assert refresh(installed, second["refresh_token"]).json() == {"error": "invalid_request"}


@pytest.mark.parametrize(
    "knob",
    ["401 invalid_request", "400 invalid_grant"],
)
def test_how_a_dead_refresh_token_is_refused_is_a_switch(twin, installed, pair, knob):
    """Point 11.1: the sources disagree."""
    twin.settings(DOMAIN, dead_refresh=knob)
    twin.uninstall(DOMAIN)
    refusal = refresh(installed, pair["refresh_token"])
    assert f"{refusal.status_code} {refusal.json()['error']}" == knob


@pytest.mark.parametrize("form", [True, False])
def test_client_credentials_give_a_day_with_the_scopes_of_the_install(twin, installed, form):
    granted = exchange(installed, form=form, grant_type="client_credentials").json()
    assert (granted["expires_in"], granted["scope"]) == (86_399, "write_products")
    assert "refresh_token" not in granted
    assert works(installed, granted["access_token"])
    twin.advance(86_400)
    assert not works(installed, granted["access_token"])


def test_client_credentials_stop_at_the_border_of_the_organisation(twin, installed):
    foreign, bare = "other.myshopify.com", "bare.myshopify.com"
    twin.add_shop(foreign, organization="globex")
    twin.add_shop(bare, **ORG)
    twin.install(foreign, APP)
    for domain in (foreign, bare):
        refusal = exchange(f"{twin.url}/shops/{domain}", grant_type="client_credentials")
        assert refusal.status_code == 400
        assert refusal.json() == {
            "error": "shop_not_permitted",
            "error_description": "Client credentials cannot be performed on this shop.",
        }


def test_a_code_per_user_gives_an_online_token(url):
    code = approved(url, **{"grant_options[]": "per-user"})["code"]
    granted = exchange(url, code=code).json()
    assert granted["associated_user_scope"] == granted["scope"]
    assert set(granted["associated_user"]) == {
        "id",
        "first_name",
        "last_name",
        "email",
        "account_owner",
        "locale",
        "collaborator",
        "email_verified",
    }


def test_a_challenge_demands_its_verifier(url):
    digest = hashlib.sha256(b"a-long-verifier").digest()
    challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
    asked = {"code_challenge": challenge, "code_challenge_method": "S256"}
    code = approved(url, **asked)["code"]
    assert exchange(url, code=code).status_code == 400
    assert exchange(url, code=code, code_verifier="another").status_code == 400
    assert exchange(url, code=code, code_verifier="a-long-verifier").ok


def test_a_merchant_may_grant_less_by_hand_or_always(twin, url):
    code = approved(url, withhold=["write_products"])["code"]
    assert exchange(url, code=code).json()["scope"] == "read_products"
    twin.settings(DOMAIN, withheld_scopes="read_products")
    assert exchange(url, code=approved(url)["code"]).json()["scope"] == "write_products"


def test_an_unknown_grant_is_refused(url):
    refusal = exchange(url, grant_type="password")
    assert (refusal.status_code, refusal.json()) == (400, {"error": "unsupported_grant_type"})


def test_both_secrets_work_until_the_old_one_is_revoked_with_all_its_tokens(twin, installed):
    old = exchange(installed, grant_type="client_credentials").json()["access_token"]
    twin.deploy(APP, secret=NEW_SECRET)
    new = exchange(installed, grant_type="client_credentials", client_secret=NEW_SECRET).json()
    assert works(installed, old)
    twin.revoke_secret(APP, SECRET)
    assert not works(installed, old)
    assert works(installed, new["access_token"])
    assert exchange(installed, grant_type="client_credentials").json() == {
        "error": "invalid_client"
    }


def test_what_is_signed_is_signed_by_the_oldest_secret_that_stands(twin, installed):
    def signers():
        token = twin.visit(DOMAIN, APP)["id_token"]
        return [key for key in (SECRET, NEW_SECRET) if is_signed(token, key)]

    twin.deploy(APP, secret=NEW_SECRET)
    assert signers() == [SECRET]
    twin.revoke_secret(APP, SECRET)
    assert signers() == [NEW_SECRET]


def is_signed(token, key):
    try:
        return bool(jwt.decode(token, key, algorithms=["HS256"], audience=APP))
    except jwt.InvalidSignatureError:
        return False


def test_the_only_secret_can_not_be_revoked(twin, installed):
    with pytest.raises(RuntimeError, match="keeps one secret"):
        twin.revoke_secret(APP, SECRET)


def test_a_public_apps_tokens_must_expire_from_2027_on(twin, installed):
    """The calendar of the fact sheet; custom apps are exempt."""
    lasting = twin.install(DOMAIN, APP)
    until_then = (twin.now().replace(2027, 1, 1) - twin.now()).total_seconds()
    twin.advance(max(0.0, until_then) + 86_400)
    assert works(installed, lasting)
    twin.deploy(APP, public=True)
    assert not works(installed, lasting)


def test_an_app_leaves_by_itself(twin, installed):
    token = twin.install(DOMAIN, APP)
    gone = requests.delete(
        f"{installed}/admin/api_permissions/current.json",
        headers={"X-Shopify-Access-Token": token},
        timeout=60,
    )
    assert gone.ok
    assert not works(installed, token)
