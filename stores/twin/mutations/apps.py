"""Mutations of the asking app itself: it leaves, or gives scopes back."""

from collections.abc import Sequence
from typing import Any

from stores.twin import grants
from stores.twin.mutations.answer import mutation
from stores.twin.nodes import Info
from stores.twin.queries import Resolver
from stores.twin.refusals import Refusal, RefusedError

__all__ = ["APPS"]


@mutation("app")
def _uninstall(_: Any, info: Info) -> Any:
    call = info.context
    grants.uninstall(call.twin, call.shop, call.install.app.client_id)
    return {"app": call.install.app}


@mutation("revoked")
def _revoke(_: Any, info: Info, *, scopes: Sequence[str]) -> Any:
    """Only optional scopes can be given back (shopify-platform.md 1.8)."""
    call, app = info.context, info.context.install.app
    for place, scope in enumerate(scopes):
        if scope in app.scopes or (
            scope in call.install.scopes and scope not in app.optional_scopes
        ):
            said = f"{scope} is a required scope."
            code = "CANNOT_REVOKE_REQUIRED_SCOPES"
        elif scope not in app.optional_scopes:
            said, code = f"{scope} is not declared.", "CANNOT_REVOKE_UNDECLARED_SCOPES"
        else:
            continue
        raise RefusedError(Refusal(["scopes", str(place)], said, code))
    gone = [scope for scope in scopes if scope in call.install.scopes]
    kept = [scope for scope in call.install.scopes if scope not in gone]
    grants.grant(call.twin, call.shop, call.install, kept)
    return {"revoked": gone}


APPS: dict[str, Resolver] = {"appUninstall": _uninstall, "appRevokeAccessScopes": _revoke}
