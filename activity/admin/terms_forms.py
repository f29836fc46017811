"""Forms for what is agreed with stores; they offer only what the person may operate."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django import forms
from django.utils import timezone
from unfold.widgets import (
    UnfoldAdminDecimalFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
)

from activity.admin.base import may_operate
from catalogue.domain.attributes import ATTRIBUTES, STOCK, attribute, label_of
from catalogue.domain.pricing import PriceRule
from catalogue.enums import Ownership
from catalogue.models import HighValue, SyncedMetafield
from stores.models import Store, Workspace

WORDS = {
    Ownership.TWO_WAY: "Two-way: the latest edit wins, wherever it was made",
    Ownership.HUB: "The hub owns: edits in the store are corrected",
    Ownership.STORE: "The store owns: never written, and its edits stay there",
    Ownership.CREATE_ONLY: "Create only: written once, when we create the product there",
    Ownership.IGNORE: "Ignore: neither written nor followed",
}
PRICES = [(name, one.label) for name, one in ATTRIBUTES.items() if one.money]


def _select(choices: Iterable[tuple[str, str]], label: str, **more: Any) -> forms.ChoiceField:
    return forms.ChoiceField(
        choices=list(choices), label=label, widget=UnfoldAdminSelectWidget, **more
    )


def decimal_field(
    label: str, initial: str, *, help_text: str = "", **more: Any
) -> forms.DecimalField:
    return forms.DecimalField(
        label=label,
        initial=Decimal(initial) if initial else None,
        help_text=help_text,
        widget=UnfoldAdminDecimalFieldWidget,
        **more,
    )


class PolicyForm(forms.Form):
    """Whose word counts for one attribute: by default, or in one store."""

    workspace = forms.ModelChoiceField(Workspace.objects.none(), widget=UnfoldAdminSelectWidget)
    store = forms.ModelChoiceField(
        Store.objects.none(),
        required=False,
        empty_label="Every store without a policy of its own",
        widget=UnfoldAdminSelectWidget,
    )
    attribute = _select(((name, one.label) for name, one in ATTRIBUTES.items()), "Attribute")
    ownership = _select(
        [*((one.value, words) for one, words in WORDS.items()), ("", "As the default says")],
        "Policy",
        required=False,
    )

    def __init__(self, user: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        workspaces = operated(user)
        metafields = SyncedMetafield.objects.filter(workspace__in=workspaces)
        names = sorted({row.name for row in metafields})
        self.fields["attribute"].choices += [(name, attribute(name).label) for name in names]
        self.fields["workspace"].queryset = workspaces
        self.fields["store"].queryset = Store.objects.filter(workspace__in=workspaces)
        if len(workspaces) == 1:
            self.fields["workspace"].initial = workspaces[0]

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        store, workspace = given.get("store"), given.get("workspace")
        if store and workspace and store.workspace_id != workspace.pk:
            raise forms.ValidationError(f"{store} is no store of {workspace}.")
        return given

    @property
    def chosen(self) -> Ownership | None:
        chosen = self.cleaned_data["ownership"]
        return Ownership(chosen) if chosen else None

    @property
    def store_id(self) -> int | None:
        store = self.cleaned_data["store"]
        return store.pk if store else None


class HighValueForm(forms.ModelForm):
    """Whether collisions over an attribute are put before a person."""

    attribute = _select(
        [*((name, one.label) for name, one in ATTRIBUTES.items()), (STOCK, label_of(STOCK))],
        "Attribute",
    )

    class Meta:
        model = HighValue
        fields = ["workspace", "attribute", "on"]
        labels = {"on": "Put collisions over it before a person, and never write it unseen"}


class RuleForm(forms.Form):
    """How one store's prices are made."""

    store = forms.ModelChoiceField(Store.objects.none(), widget=UnfoldAdminSelectWidget)
    attribute = _select(PRICES, "Price")
    currency = forms.CharField(
        max_length=3,
        label="From canonical prices in",
        help_text="As USD: products in other currencies are left alone.",
        widget=UnfoldAdminTextInputWidget,
    )
    rate = decimal_field(
        "Exchange rate, pinned", "1", help_text="So many of the store's currency for one of these."
    )
    factor = decimal_field("Factor", "1", help_text="1.1 makes it ten per cent dearer.")
    step = decimal_field(
        "Rounded to", "0.01", help_text="0.05 for Switzerland, 1 for whole amounts."
    )
    charm = decimal_field(
        "Then taken off", "0", help_text="Rounded to 1 and 0.01 taken off: prices end in .99."
    )
    floor = decimal_field("Never below", "", required=False)
    ends = forms.BooleanField(
        required=False, label="End the present rule instead", help_text="Nothing above counts then."
    )

    def __init__(self, user: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["store"].queryset = Store.objects.filter(workspace__in=operated(user))

    @property
    def rule(self) -> PriceRule | None:
        given = self.cleaned_data
        if given["ends"]:
            return None
        names = ("attribute", "rate", "factor", "step", "charm", "floor")
        made = {name: given[name] for name in names}
        return PriceRule(currency=given["currency"].upper(), since=timezone.now(), **made)


def operated(user: Any) -> Any:
    rows = Workspace.objects.for_user(user)
    return rows.filter(pk__in=[row.pk for row in rows if may_operate(user, row.pk)])
