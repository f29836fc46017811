"""What people make of an option that was taken away in one store; always by `edit`."""

from collections.abc import Callable, Sequence
from typing import TypeAlias

from django.db import transaction

from catalogue.domain.attributes import OPTION_NAMES, OPTION_VALUES
from catalogue.enums import IssueKind, IssueState, OverrideKind, Source
from catalogue.errors import NotAllowedNowError
from catalogue.models import Issue, Override, Product, Variant
from catalogue.selectors.told import where_it_goes
from catalogue.services.edit import SetValue, edit
from catalogue.services.issues import close_issue

_Wishes: TypeAlias = Callable[[Product, Sequence[Override]], list[SetValue]]


def put_back(issue_id: int, *, by: str) -> str:
    """Give the store the hub's options again."""
    return _decide(issue_id, by, lambda _product, held: [_clear(row) for row in held])


def take_away(issue_id: int, *, by: str) -> str:
    """Take the option away in the hub and in every store; refused where variants would be one."""
    return _decide(
        issue_id, by, lambda product, held: [*_shorter(product, held), *map(_clear, held)]
    )


def keep_own(issue_id: int, *, by: str) -> str:
    """Let the store have its own options from now on."""
    return _decide(issue_id, by, lambda _product, held: [_pin(row) for row in held])


def _decide(issue_id: int, by: str, wish: _Wishes) -> str:
    with transaction.atomic():
        issue = Issue.objects.select_for_update(of=("self",)).get(pk=issue_id)
        rows = Override.objects.filter(
            product=issue.product_id,
            store=issue.store_id,
            attribute__in=(OPTION_NAMES, OPTION_VALUES),
            kind=OverrideKind.HELD,
            stands=True,
        )
        held = list(rows.order_by("pk"))
        if issue.kind != IssueKind.OPTION_GONE or issue.state != IssueState.OPEN or not held:
            raise NotAllowedNowError("Nothing of it is held any more.")
        wishes = wish(Product.objects.get(pk=issue.product_id), held)
        done = edit(workspace_id=issue.workspace_id, wishes=wishes, source=Source.MANUAL, actor=by)
        said = f"Decided. {where_it_goes(done.changes)}"
        close_issue(issue.pk, by=by, reason=said)
    return said


def _shorter(product: Product, held: Sequence[Override]) -> list[SetValue]:
    """The hub's options without those that the store lacks."""
    names, kept = product.value(OPTION_NAMES), [o for o in held if o.attribute == OPTION_NAMES]
    there: list[str] = kept[0].value if kept and kept[0].value else []
    if not isinstance(names, list) or not there or not set(there) <= set(names):
        raise NotAllowedNowError("The options were renamed as well: set them in the hub first.")
    places = [place for place, name in enumerate(names) if name in there]
    wishes = [_set(product, None, OPTION_NAMES, [names[place] for place in places])]
    for variant in Variant.objects.filter(product=product, removed_at=None):
        values = variant.value(OPTION_VALUES)
        if isinstance(values, list) and len(values) == len(names):
            shorter = [values[place] for place in places]
            wishes.append(_set(product, variant.pk, OPTION_VALUES, shorter))
    return wishes


def _set(product: Product, variant_id: int | None, name: str, value: list[str]) -> SetValue:
    return SetValue(product_id=product.pk, variant_id=variant_id, attribute=name, value=value)


def _clear(row: Override) -> SetValue:
    return SetValue(
        product_id=row.product_id,
        variant_id=row.variant_id,
        attribute=row.attribute,
        store_id=row.store_id,
        clear=True,
    )


def _pin(row: Override) -> SetValue:
    return SetValue(
        product_id=row.product_id,
        variant_id=row.variant_id,
        attribute=row.attribute,
        store_id=row.store_id,
        value=row.value,
    )
