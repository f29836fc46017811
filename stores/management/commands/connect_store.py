"""Connect a shop: print where its owner installs the app, or take a custom app's token."""

import getpass
import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from stores.domain.shops import shop_domain
from stores.errors import StoresError
from stores.models import Workspace
from stores.services.install import connect
from stores.services.tokens import session_with
from stores.shopify.errors import ShopifyError
from stores.shopify.shop import shop_identity
from stores.shopify.types import Token


class Command(BaseCommand):
    help = "Connect a shop to a workspace."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("shop", help="your-shop.myshopify.com")
        parser.add_argument("--workspace", required=True, help="the workspace's slug")
        parser.add_argument(
            "--token", action="store_true", help="read a custom app's token from standard input"
        )

    def handle(self, *_: Any, **options: Any) -> None:
        domain = shop_domain(options["shop"])
        workspace = Workspace.objects.filter(slug=options["workspace"]).first()
        if domain is None:
            raise CommandError("A shop's address looks like your-shop.myshopify.com.")
        if workspace is None:
            raise CommandError(f"There is no workspace “{options['workspace']}”.")
        if not options["token"]:
            address = f"{settings.PUBLIC_URL}/shopify/install/?shop={domain}"
            self.stdout.write(f"Open as an operator: {address}&workspace={workspace.slug}")
            return
        try:
            self._connect(workspace, domain, _read_token())
        except (StoresError, ShopifyError) as error:
            raise CommandError(str(error)) from error

    def _connect(self, workspace: Workspace, domain: str, secret: str) -> None:
        identity = shop_identity(session_with(domain, secret))
        store = connect(workspace, domain, None, Token(secret, identity.scopes), identity)
        self.stdout.write(f"Connected {store}; its webhooks and its first pull are queued.")


def _read_token() -> str:
    """A secret never stands on a command line."""
    return (getpass.getpass("Token: ") if sys.stdin.isatty() else sys.stdin.readline()).strip()
