"""A whole product in one process: web server, pumps and the real twin over HTTP."""

import time
from uuid import uuid4

import pytest

from catalogue.enums import Source
from catalogue.models import Listing, Product
from catalogue.selectors.picture import picture
from catalogue.services.answers import UNSURE
from catalogue.services.edit import SetValue, edit
from stores.models import Store, Workspace
from stores.services.install import connect
from stores.services.intake import forget_known
from stores.services.tokens import session_with
from stores.shopify.shop import shop_identity
from stores.shopify.types import Token
from syncqueue.enums import OPEN_STATES
from syncqueue.models import Channel, Job, Lane
from syncqueue.services.pump import drain
from tests.going_live import bring_live

APP, SECRET = "journey-app", "journey-secret"


@pytest.fixture
def world(twin_process, live_server, settings, transactional_db):
    settings.SHOPIFY_TWIN_URL = twin_process.url
    settings.SHOPIFY_CLIENT_ID, settings.SHOPIFY_CLIENT_SECRET = APP, SECRET
    settings.PUBLIC_URL = live_server.url
    return World(twin_process, live_server.url)


def lamp(title="Desk lamp", *, sku="LAMP-1", price="20.00", **more):
    variant = {"sku": sku, "price": price, "barcode": "4006381333931"}
    return {"title": title, "vendor": "Lumen", "variants": [variant], **more}


def set_value(world, attribute, value, **more):
    wish = SetValue(product_id=world.product().pk, attribute=attribute, value=value, **more)
    done = edit(workspace_id=world.workspace.pk, wishes=[wish], source=Source.MANUAL, actor="ada")
    world.work()
    return done


class World:
    """Shops, stores and the work that is due between them."""

    def __init__(self, twin, url):
        self.twin, self.url = twin, url
        self.restart()

    def restart(self):
        """A twin without shops, and a workspace without stores."""
        forget_known()
        self.twin.reset()
        self.twin.register_app(APP, SECRET, self.url)
        self.workspace = Workspace.objects.create(name="Acme", slug=f"acme-{uuid4().hex[:8]}")
        self.stores = []

    def shop(self, name, *products, currency="USD"):
        domain = f"{name}.myshopify.com"
        self.twin.add_shop(domain, plan="plus", currency=currency, products=list(products))
        return domain

    def connect(self, domain, *, live=True, scopes=None):
        token = self.twin.install(domain, APP, scopes)
        identity = shop_identity(session_with(domain, token))
        store = connect(self.workspace, domain, None, Token(token, identity.scopes), identity)
        self.work()
        store.refresh_from_db()
        if live:
            bring_live(store)
            self.work()
            store.refresh_from_db()
        self.stores.append(store)
        return store

    def three(self, *products):
        """Three live stores with the same products."""
        given = products or (lamp(),)
        return [self.connect(self.shop(n, *given)) for n in ("north", "alpine", "harbour")]

    def work(self, *, seconds=60.0):
        """Let deliveries arrive and pumps run until nothing moves any more."""
        ends = time.monotonic() + seconds
        while not self.is_still(seconds):
            assert time.monotonic() < ends, list(Job.objects.values_list("state", "reason"))
            time.sleep(0.005)

    def is_still(self, seconds):
        """Whether nothing was on its way, and then nothing due: only that could send more."""
        quiet = self.twin.is_quiet()
        worked = drain(timeout=seconds)
        unsure = Job.objects.filter(state__in=OPEN_STATES, reason=UNSURE).exists()
        return quiet and not worked and not unsure

    def product(self):
        return Product.objects.get(workspace=self.workspace)

    def listing(self, store):
        return Listing.objects.get(store=store)

    def shown(self, store, gid=None):
        """What the shop itself says of a product."""
        wanted = gid or self.listing(store).gid
        return next(p for p in self.twin.state(store.domain)["products"] if p["id"] == wanted)

    def app_writes(self, store, attribute=None):
        rows = self.twin.log(shop=store.domain, kind="edit")
        return [row for row in rows if row["by"] == "app" and attribute in (None, row["attribute"])]

    def assert_in_step(self):
        """Every live store shows its effective values, and nothing is left to do."""
        for store in Store.objects.filter(workspace=self.workspace, mode="live"):
            for listing in Listing.objects.filter(store=store, state="linked"):
                assert picture(listing.pk).to_write() == {}, store
        assert not Job.objects.filter(state__in=OPEN_STATES).exists()

    def make_all_due(self):
        from django.utils import timezone  # noqa: PLC0415

        now = timezone.now()
        Lane.objects.filter(due_at__isnull=False).update(due_at=now)
        Channel.objects.filter(next_trial_at__isnull=False).update(next_trial_at=now)
