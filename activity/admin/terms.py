"""What is agreed with stores: policies and price rules, previewed before anybody agrees."""

import hashlib
import json
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse

from activity.admin.base import LedgerAdmin, ScopedAdmin, may_operate
from activity.admin.terms_forms import HighValueForm, PolicyForm, RuleForm, operated
from activity.selectors.comparison import text_of
from catalogue.domain.attributes import attribute, label_of
from catalogue.errors import CatalogueError
from catalogue.models import HighValue, OwnershipPolicy, PriceRule
from catalogue.selectors.terms_preview import StorePreview
from catalogue.services.terms import (
    preview_policy,
    preview_rule,
    set_policy,
    set_rule,
    standing_policies,
    standing_rules,
)


class TermsAdmin(LedgerAdmin):
    """A list of periods, and one page on which the next is previewed and agreed."""

    form_class: Any
    list_before_template = "activity/terms_list.html"
    form_template = "activity/terms_form.html"
    words = ""

    def get_urls(self) -> list[Any]:
        agreeing = self.admin_site.admin_view(self.agree_view)
        return [path("agree/", agreeing, name=self.agree_name), *super().get_urls()]

    @property
    def agree_name(self) -> str:
        return f"{self.opts.app_label}_{self.opts.model_name}_agree"

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        more = {"agree": f"admin:{self.agree_name}", "words": self.words}
        operates = may_operate(request.user, None)
        context = {**(extra_context or {}), **more, "may_operate": operates}
        page: HttpResponse = super().changelist_view(request, context)
        return page

    @admin.display(description="Attribute", ordering="attribute")
    def label(self, row: Any) -> str:
        return attribute(row.attribute).label

    def agree_view(self, request: HttpRequest) -> HttpResponse:
        """Preview what is asked for; agree to it only as it was previewed."""
        if not may_operate(request.user, None):
            raise PermissionDenied
        form = self.form_class(request.user, request.POST or None, initial=request.GET.dict())
        previews: list[dict[str, Any]] = []
        mark = ""
        if form.is_valid():
            try:
                mark, seen = self.mark(form), request.POST.get("seen")
                if seen == mark:
                    return self._agree(request, form)
                previews = self.previews(form)
                if seen:
                    form.add_error(None, "It would be something else by now: look at it again.")
            except (CatalogueError, ValueError) as error:
                form.add_error(None, str(error))
        return self.page(request, form, previews=previews, seen=mark if previews else "")

    def page(self, request: HttpRequest, form: Any, **more: Any) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": self.words,
            "form": form,
            "action": reverse(f"admin:{self.agree_name}"),
            "opts": self.opts,
            **more,
        }
        return TemplateResponse(request, self.form_template, context)

    def mark(self, form: Any) -> str:
        """A mark of exactly what is agreed to, and of the terms that it would replace."""
        return f"{form_mark(form)}:{','.join(map(str, self.standing(form)))}"

    def standing(self, form: Any) -> list[int]:
        raise NotImplementedError

    def previews(self, form: Any) -> list[dict[str, Any]]:
        return [_shown(one) for one in self.preview(form)]

    def _agree(self, request: HttpRequest, form: Any) -> HttpResponse:
        compared = self.agree(form, request.user.get_username())
        messages.success(request, f"Agreed; {compared} listings are being compared.")
        name = f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist"
        return HttpResponseRedirect(reverse(name))

    def preview(self, form: Any) -> list[StorePreview]:
        raise NotImplementedError

    def agree(self, form: Any, by: str) -> int:
        raise NotImplementedError


def form_mark(form: forms.Form) -> str:
    """A mark of exactly what a form asks for."""
    asked = {name: form[name].value() for name in form.fields}
    return hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()


def _seen(form: forms.Form) -> list[int]:
    """The terms that stood when the form was previewed, as its mark names them."""
    ids = form.data["seen"].rpartition(":")[2]
    return [int(pk) for pk in ids.split(",") if pk]


def _shown(preview: StorePreview) -> dict[str, Any]:
    samples = [
        (one.product, one.variant, text_of(one.shown), text_of(one.wanted))
        for one in preview.samples
    ]
    return {"of": preview, "samples": samples}


@admin.register(OwnershipPolicy)
class OwnershipPolicyAdmin(TermsAdmin):
    form_class = PolicyForm
    words = "Change a policy"
    list_display = ["label", "store_words", "ownership", "started_at", "ended_at", "by", "ended_by"]
    list_filter = ["workspace", "store", "attribute", "ownership", "ended_at"]
    list_select_related = ["store"]

    @admin.display(description="Store", ordering="store")
    def store_words(self, policy: OwnershipPolicy) -> str:
        return str(policy.store or "every other store")

    def preview(self, form: PolicyForm) -> list[StorePreview]:
        given = form.cleaned_data
        return preview_policy(
            given["workspace"].pk, given["attribute"], form.chosen, store_id=form.store_id
        )

    def standing(self, form: PolicyForm) -> list[int]:
        given = form.cleaned_data
        return standing_policies(given["workspace"].pk, given["attribute"], form.store_id)

    def agree(self, form: PolicyForm, by: str) -> int:
        given = form.cleaned_data
        return set_policy(
            given["workspace"].pk,
            given["attribute"],
            form.chosen,
            by=by,
            store_id=form.store_id,
            seen=_seen(form),
        )


@admin.register(PriceRule)
class PriceRuleAdmin(TermsAdmin):
    form_class = RuleForm
    words = "Change a price rule"
    list_display = [
        "label",
        "store",
        "currency",
        "rate",
        "factor",
        "step",
        "charm",
        "floor",
        "started_at",
        "ended_at",
        "by",
    ]
    list_filter = ["store", "attribute", "ended_at"]
    list_select_related = ["store"]

    def preview(self, form: RuleForm) -> list[StorePreview]:
        given = form.cleaned_data
        return [preview_rule(given["store"], given["attribute"], form.rule)]

    def standing(self, form: RuleForm) -> list[int]:
        return standing_rules(form.cleaned_data["store"], form.cleaned_data["attribute"])

    def agree(self, form: RuleForm, by: str) -> int:
        given, seen = form.cleaned_data, _seen(form)
        return set_rule(given["store"], given["attribute"], form.rule, by=by, seen=seen)


@admin.register(HighValue)
class HighValueAdmin(ScopedAdmin):
    """Which collisions are put before a person, where a workspace wants it otherwise."""

    form = HighValueForm
    list_display = ["label", "on", "workspace"]
    list_filter = ["workspace", "on"]

    @admin.display(description="Attribute", ordering="attribute")
    def label(self, row: HighValue) -> str:
        return label_of(row.attribute)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return may_operate(request.user, None)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_change_permission(request, obj)

    def formfield_for_foreignkey(self, field: Any, request: HttpRequest, **more: Any) -> Any:
        return super().formfield_for_foreignkey(
            field, request, **{**more, "queryset": operated(request.user)}
        )
