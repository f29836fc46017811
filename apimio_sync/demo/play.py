"""The main job, step by step: connect, review, opt in, edit on every side, survive an outage."""

from collections import Counter
from collections.abc import Sequence
from uuid import UUID

from django.db.models import Count, Q

from apimio_sync.demo.browser import Operator, Twin
from apimio_sync.demo.report import Report, expect, until
from catalogue.domain.plan import WRITES
from catalogue.enums import ChangeFate, DeliveryFate, ListingState, PlanKind, PlanState, Source
from catalogue.models import Change, ChangeDelivery, Listing, Plan, Product
from catalogue.services.edit import Edited, SetValue, edit
from catalogue.services.plans import approve, make_plan
from stores.enums import Mode
from stores.models import Store, WebhookSubscription, Workspace
from stores.shopify.topics import TOPICS
from syncqueue.enums import OPEN_STATES, Health, JobState
from syncqueue.models import Channel, Job

SHOPS = ("north.myshopify.com", "alpine.myshopify.com", "harbour.myshopify.com")
PERSON = "Ada (demo)"


class Play:
    """One run of the demo over one workspace and three shops."""

    def __init__(
        self, workspace: Workspace, operator: Operator, twin: Twin, report: Report
    ) -> None:
        self.workspace, self.operator, self.twin, self.report = workspace, operator, twin, report
        self.stores: list[Store] = []

    def run(self) -> None:
        self.report.title("1. Connect the first store")
        self.connect(SHOPS[0])
        self.report.title("2. Connect two more")
        for domain in SHOPS[1:]:
            self.connect(domain)
        self.report.title("3. Edits on every side")
        shared = self._shared_products()
        self.hub_edit(shared[0])
        self.store_edit(shared[1])
        self.override(shared[2])
        self.report.title("4. Shopify goes down for one store")
        self.outage(shared[3:8])

    def connect(self, domain: str) -> None:
        """OAuth, webhooks, first pull, review, opt-in."""
        report = self.report
        with report.step(f"{domain}: the owner installs the app (OAuth)"):
            self.operator.install(domain)
            store = Store.objects.filter(domain=domain).first()
            if store is None:
                expect(False, "the callback did not connect the store")
                return
        self.stores.append(store)
        with report.step(f"{len(TOPICS)} webhooks are registered"):
            rows = WebhookSubscription.objects.filter(store=store, state="ok")
            until(lambda: rows.count() == len(TOPICS), "not all subscriptions stand")
        with report.step("its products are read"):
            until(lambda: self._pulled(store), f"the pull did not end: {self._mode(store)}")
        with report.step("a plan says what opting in would write"):
            plan = make_plan(store, by=PERSON)
            until(lambda: self._plan(plan).state == PlanState.READY, "the plan is not ready")
            counts = self._plan(plan).counts
            states = Counter(store.listings.values_list("state", flat=True))
            report.say(
                f"{states['linked']} linked, {states['unmatched']} without a match, "
                f"{states['ambiguous']} ambiguous;"
            )
            writes = sum(many for kind, many in counts.items() if PlanKind(kind) in WRITES)
            report.say(
                f"{counts.get(PlanKind.UNMANAGED, 0)} values are left alone; {writes} would be "
                "written"
            )
            expect(states["linked"] > 0, "no product was linked")
        with report.step("its owner approves the plan; every listing is compared"):
            approve(plan.pk, self._plan(plan).hash, by=PERSON)
            until(lambda: self._plan(plan).state == PlanState.APPLIED, "it is not applied")
            until(lambda: self._rest(store), "the comparison did not end", seconds=60)
            said = f"{self._own_writes(store)} values were written"
            expect(self._own_writes(store) == writes, said)

    def hub_edit(self, product: Product) -> None:
        title = f"{product.title} — new season"
        with self.report.step("an edit in the hub reaches all three stores"):
            done = self._edit(SetValue(product_id=product.pk, attribute="title", value=title))
            self._arrived(done.cause_id, 3)
            self._tell_times(done.cause_id)
            for store in self.stores:
                shown = self._shown(store, product)
                expect(shown == title, f"{store.domain} shows “{shown}”")

    def store_edit(self, product: Product) -> None:
        """A merchant's edit in store 2's own admin."""
        first, second, third = self.stores
        value = "Summit Workshop"
        with self.report.step("an edit in store 2's admin reaches the hub and stores 1 and 3"):
            listing = Listing.objects.get(store=second, product=product)
            self.twin.edit(second.domain, listing.gid, {"vendor": value})
            change = Change.objects.filter(product=product, attribute="vendor", store=second)
            until(change.exists, "the edit did not reach the hub")
            row = change.get()
            expect(row.fate == ChangeFate.WON, f"the edit {row.fate}: {row.reason}")
            self._arrived(row.cause_id, 2)
            self._tell_times(row.cause_id)
            for store in (first, third):
                shown = self._state(store, product).get("vendor")
                expect(shown == value, f"{store.domain} shows “{shown}”")
        with self.report.step("… and is not written to store 2 again"):
            until(lambda: all(self._rest(store) for store in self.stores), "the queues don't rest")
            writes = [one for one in self._app_writes(second) if one["resource"] == listing.gid]
            back = [one for one in writes if one["attribute"] == "vendor"]
            expect(not back, f"store 2 was written {len(back)} times")

    def override(self, product: Product) -> None:
        first, second, third = self.stores
        with self.report.step("an override wins in its store only"):
            own = f"{product.title} (harbour edition)"
            wish = SetValue(product_id=product.pk, attribute="title", store_id=third.pk, value=own)
            self._arrived(self._edit(wish).cause_id, 1)
            everywhere = f"{product.title} II"
            done = self._edit(SetValue(product_id=product.pk, attribute="title", value=everywhere))
            self._arrived(done.cause_id, 2)
            kept = ChangeDelivery.objects.get(change__cause_id=done.cause_id, store=third)
            expect(kept.fate == DeliveryFate.OVERRIDE, f"store 3's row says {kept.fate}")
            for store, wanted in ((first, everywhere), (second, everywhere), (third, own)):
                shown = self._shown(store, product)
                expect(shown == wanted, f"{store.domain} shows “{shown}”")

    def outage(self, products: Sequence[Product]) -> None:
        down, *others = self.stores
        with self.report.step(f"{down.domain} fails; edits wait, the other stores get theirs"):
            self.twin.settings(down.domain, outage=True)
            done = [
                self._edit(
                    SetValue(product_id=p.pk, attribute="title", value=f"{p.title} (outage)")
                )
                for p in products
            ]
            for one in done:
                self._arrived(one.cause_id, len(others))
            until(lambda: self._health(down) == Health.WAITING, "the channel does not wait")
            waiting = Job.objects.filter(channel=down.channel_id, state__in=OPEN_STATES)
            expect(waiting.count() == len(products), f"{waiting.count()} jobs are open")
            expect(not waiting.filter(attempts__gt=0).exists(), "the outage spent attempts")
            self.report.say(f"{waiting.count()} edits: “Queued — waiting on Shopify”")
        with self.report.step("Shopify is back; the backlog drains by itself, in order"):
            self.twin.settings(down.domain, outage=False)
            until(lambda: self._rest(down), "the backlog does not drain", seconds=60)
            expect(self._health(down) == Health.HEALTHY, f"the channel is {self._health(down)}")
            jobs = Job.objects.filter(cause_id__in=[one.cause_id for one in done])
            sent = jobs.filter(channel=down.channel_id).order_by("calls__sent_at", "id")
            order = list(
                dict.fromkeys(sent.filter(state=JobState.SUCCEEDED).values_list("pk", flat=True))
            )
            expect(len(order) == len(products), f"{len(order)} jobs succeeded")
            for product in products:
                shown = self._shown(down, product)
                expect(shown.endswith("(outage)"), f"the store shows “{shown}”")

    def _edit(self, wish: SetValue) -> Edited:
        return edit(
            workspace_id=self.workspace.pk, wishes=[wish], source=Source.MANUAL, actor=PERSON
        )

    def _shared_products(self) -> list[Product]:
        linked = Count("listings", filter=Q(listings__state=ListingState.LINKED))
        plain = Product.objects.filter(workspace=self.workspace).annotate(linked=linked)
        own = Q(overrides__stands=True, overrides__attribute__in=["title", "vendor"])
        found = list(plain.filter(linked=len(SHOPS)).exclude(own).order_by("pk")[:8])
        expect(len(found) == 8, f"only {len(found)} products stand in all three stores")  # noqa: PLR2004
        return found

    def _arrived(self, cause_id: UUID, count: int) -> None:
        rows = ChangeDelivery.objects.filter(
            change__cause_id=cause_id, fate=DeliveryFate.WRITTEN, accepted_at__isnull=False
        )
        until(lambda: rows.count() == count, f"{rows.count()} of {count} stores accepted it")

    def _tell_times(self, cause_id: UUID) -> None:
        rows = ChangeDelivery.objects.filter(change__cause_id=cause_id, accepted_at__isnull=False)
        told = [
            f"{row.store.domain.partition('.')[0]} "
            f"{(row.accepted_at - row.change.created_at).total_seconds() * 1000:.0f} ms"
            for row in rows.select_related("store", "change").order_by("store")
            if row.accepted_at
        ]
        self.report.say(f"accepted after: {', '.join(told)}")

    def _pulled(self, store: Store) -> bool:
        store.refresh_from_db()
        self.report.progress(store.pull_done, store.pull_total or 0)
        return store.mode == Mode.REVIEW

    def _mode(self, store: Store) -> str:
        store.refresh_from_db()
        return str(store.mode)

    def _rest(self, store: Store) -> bool:
        return not Job.objects.filter(channel=store.channel_id, state__in=OPEN_STATES).exists()

    def _health(self, store: Store) -> str:
        return str(Channel.objects.get(pk=store.channel_id).health)

    def _plan(self, plan: Plan) -> Plan:
        fresh: Plan = Plan.objects.get(pk=plan.pk)
        return fresh

    def _app_writes(self, store: Store) -> list[dict[str, str]]:
        return [
            one
            for one in self.twin.log()
            if one.get("shop") == store.domain and one.get("by") == "app"
        ]

    def _own_writes(self, store: Store) -> int:
        return len(self._app_writes(store))

    def _state(self, store: Store, product: Product) -> dict[str, str]:
        listing = Listing.objects.get(store=store, product=product)
        found = {one["id"]: one for one in self.twin.state(store.domain)}
        return found[listing.gid]

    def _shown(self, store: Store, product: Product) -> str:
        return self._state(store, product)["title"]
