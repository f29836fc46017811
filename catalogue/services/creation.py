"""Creating the hub's products in stores that asked for it: once, as drafts, published nowhere."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from catalogue.domain.attributes import OPTION_NAMES, OPTION_VALUES, VALUE_ORDER, of_owner
from catalogue.domain.forms import build_input
from catalogue.domain.shape import DEFAULT_NAME, DEFAULT_VALUE, MOST_IN_ONE_CALL
from catalogue.domain.value_order import arranged, join, lists_of
from catalogue.domain.values import Value
from catalogue.enums import IssueKind, ListingState, NewProducts, Owner, Source
from catalogue.errors import NotAllowedNowError
from catalogue.models import Issue, Listing, NewProductPolicy, Product, Variant
from catalogue.selectors.picture import Picture, picture_without_listing
from catalogue.services.access import TOKEN_SECONDS, Access
from catalogue.services.adopting import compare_links
from catalogue.services.edit import SetValue, edit
from catalogue.services.importing import take_in_nodes
from catalogue.services.inbound import ask_for_read
from catalogue.services.issues import Subject, raise_issue, settle_issue
from catalogue.services.linking import CUSTOM_ID
from catalogue.services.spread import live_for_share
from catalogue.services.stock.pull import follow_stock
from stores.models import Store
from stores.services.modes import write_grant
from stores.services.tokens import session_of
from stores.shopify.answers import answer_of
from stores.shopify.creation import create_product
from syncqueue.domain.handling import (
    Again,
    Answer,
    Call,
    ErrorClass,
    JobView,
    Parked,
    Planned,
    Refused,
    Settled,
    Verdict,
)
from syncqueue.enums import Kind, Outcome, Priority
from syncqueue.services.enqueue import NewJob, enqueue

CREATE = "catalogue.create"
DRAFT = "DRAFT"


def offer(
    products: Iterable[Product], *, cause_id: UUID, only: Collection[int] | None = None
) -> list[int]:
    """Do with new products what each live store that lacks them asked for; the jobs' ids.

    `only`: in these stores.
    """
    jobs: list[int] = []
    for product in products:
        for policy in asks_for(product):
            if only is not None and policy.store_id not in only:
                continue
            if policy.choice == NewProducts.ASK:
                _ask(product, policy.store)
            else:
                draft = policy.choice == NewProducts.DRAFT
                jobs.append(queue_creation(product, policy.store, cause_id=cause_id, draft=draft))
    return jobs


def asks_for(product: Product) -> list[NewProductPolicy]:
    """What the live stores that lack a product have asked for, where they want it at all."""
    live = live_for_share(product.workspace_id)
    has = Listing.objects.filter(product=product).values("store_id")
    wanted = NewProductPolicy.objects.exclude(choice=NewProducts.NO).filter(store__in=live)
    return list(wanted.exclude(store__in=has).select_related("store").order_by("store_id"))


def _ask(product: Product, store: Store) -> None:
    said = f"“{product}” is new in the hub. {store} does not have it: create it there as a draft?"
    raise_issue(product.workspace_id, IssueKind.NEW_PRODUCT, subject_of(product, store), said)


def subject_of(product: Product, store: Store) -> Subject:
    return Subject(
        name=f"product {product.pk}, store {store.pk}", product_id=product.pk, store_id=store.pk
    )


def queue_creation(
    product: Product, store: Store, *, cause_id: UUID, draft: bool = True, actor: str = ""
) -> int:
    """Queue the creation of a product in a store; the job's id.

    As a draft it has a status of its own there, which somebody gives up to publish it.
    """
    if draft and product.value("status") != DRAFT:
        wish = SetValue(product_id=product.pk, attribute="status", value=DRAFT, store_id=store.pk)
        edit(
            workspace_id=product.workspace_id,
            wishes=[wish],
            source=Source.PUBLISH,
            actor=actor,
            cause_id=cause_id,
        )
    job = NewJob(
        channel_id=store.channel_id,
        kind=Kind.CALL,
        key=f"create:{product.pk}",
        handler=CREATE,
        payload={"store": store.pk, "product": product.pk},
        cause_id=cause_id,
        priority=Priority.INTERACTIVE,
        dedupe_key="create",
    )
    (job_id,) = enqueue([job])
    return job_id


def create_asked(issue_id: int, *, by: str) -> int:
    """Answer yes: create the product in the store that was asked about; the job's id."""
    issue = Issue.objects.select_related("product", "store").get(pk=issue_id)
    product, store = issue.product, issue.store
    if product is None or store is None or product.removed_at is not None:
        raise NotAllowedNowError("The product is gone from the hub.")
    if not store.is_live:
        raise NotAllowedNowError(f"{store} is {store.mode}: nothing is created there.")
    job_id = queue_creation(product, store, cause_id=uuid4(), actor=by)
    settle_issue(
        issue.workspace_id,
        IssueKind(issue.kind),
        Subject(name=issue.subject),
        by=by,
        reason="It is created there as a draft.",
    )
    return job_id


class Create:
    """Creates one product in one store under our id, or finds the one that has it already."""

    def plan(self, job: JobView, _followers: Sequence[JobView], *, now: datetime) -> Planned:
        store = Store.objects.get(pk=job.payload["store"])
        product = Product.objects.get(pk=job.payload["product"])
        linked = Listing.objects.filter(store=store, product=product)
        if linked.exclude(state=ListingState.GONE).exists():
            return Settled(Outcome.SUPERSEDED, "The store has the product.")
        if product.removed_at is not None:
            return Settled(Outcome.SUPERSEDED, "The product was removed meanwhile.")
        if not store.is_live:
            return Settled(Outcome.HELD, "Nothing is written before the store's owner opted in.")
        session = session_of(store)
        if session is None:
            return Parked("The store's token is being renewed.", TOKEN_SECONDS)
        pic = picture_without_listing(store, product)
        unpriced = [v for v in pic.variants.values() if not pic.effective((v.pk, "price")).managed]
        if unpriced or not pic.variants:
            said = f"“{product}” has no price in {store.currency} for {store}: give it a rule."
            return Refused("no_price", said if unpriced else f"“{product}” has no variants.")
        request = {
            "op": "create",
            "custom_id": f"{CUSTOM_ID}-{product.pk}",
            "input": input_of(pic),
            "currency": product.currency if _carries_money(pic) else None,
            "planned": now.isoformat(),
        }
        return Call(request, Access(session, write_grant(store, now=now)))

    def send(self, request: dict[str, Any], context: object) -> Answer:
        access = Access.of(context)
        return answer_of(
            lambda: create_product(
                access.session,
                access.grant,
                request["custom_id"],
                request["input"],
                currency=request["currency"],
            )
        )

    def settle(
        self,
        job: JobView,
        _passengers: Sequence[JobView],
        call_request: dict[str, Any],
        answer: Answer,
        *,
        now: datetime,
    ) -> Verdict | None:
        if answer.error is not None:
            unknown = answer.error.kind is ErrorClass.UNKNOWN
            return Again("Nobody heard the answer: it is looked up by our id.") if unknown else None
        body = answer.body or {}
        if body["errors"]:
            return Refused("user_error", f"Shopify refused it: {body['errors'][0]['message']}")
        store = Store.objects.get(pk=job.payload["store"])
        node = body["product"]
        cause_id = job.cause_id
        new = take_in_nodes(
            store,
            [node],
            asked_at=datetime.fromisoformat(call_request["planned"]),
            cause_id=cause_id,
            now=now,
            source=Source.SYNC,
        )
        follow_stock(store, [pic.listing.pk for pic in new], cause_id=cause_id)
        listing = Listing.objects.get(store=store, gid=node["id"])
        compare_links(listing, cause_id=cause_id)
        ask_for_read(listing.pk, "It was just created: what it lacks follows.", cause_id=cause_id)
        return Settled(Outcome.WRITTEN, f"The store has it as {listing.gid}, published nowhere.")


def input_of(pic: Picture) -> dict[str, Any]:
    """A ProductSetInput of what a store should show; more variants than one call takes follow."""
    product = _wanted(pic, None, Owner.PRODUCT)
    variants = list(pic.variants.values())[:MOST_IN_ONE_CALL]
    names = _words(pic.effective((None, OPTION_NAMES)).value) or [DEFAULT_NAME]
    rows = [(_values(pic, variant), variant) for variant in variants]
    met = [join(dict.fromkeys(values[place] for values, _ in rows)) for place in range(len(names))]
    orders = lists_of(arranged(met, pic.effective((None, VALUE_ORDER)).value))
    options = [
        {
            "name": name,
            "values": [{"name": v} for v in orders[place]],
        }
        for place, name in enumerate(names)
    ]
    return {
        **build_input(Owner.PRODUCT, product),
        "productOptions": options,
        "variants": [
            {
                **build_input(Owner.VARIANT, _wanted(pic, variant.pk, Owner.VARIANT)),
                "optionValues": [
                    {"optionName": name, "name": value}
                    for name, value in zip(names, values, strict=True)
                ],
            }
            for values, variant in rows
        ],
    }


def _wanted(pic: Picture, variant_id: int | None, owner: Owner) -> dict[str, Value]:
    fields = (one for one in of_owner(owner) if one.part == "fields" and not one.structural)
    names = [declared.name for declared in fields]
    found = {name: pic.effective((variant_id, name)) for name in names}
    return {name: one.value for name, one in found.items() if one.managed}


def _values(pic: Picture, variant: Variant) -> list[str]:
    return _words(pic.effective((variant.pk, OPTION_VALUES)).value) or [DEFAULT_VALUE]


def _words(value: Value) -> list[str]:
    return value if isinstance(value, list) else []


def _carries_money(pic: Picture) -> bool:
    return any(
        pic.effective((pk, declared.name)).source == "canonical"
        for pk in pic.variants
        for declared in of_owner(Owner.VARIANT)
        if declared.money
    )
