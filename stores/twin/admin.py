"""The shop's admin, where a person edits products."""

from html import escape
from typing import Any

from stores.twin import edits, grants
from stores.twin.edits import Author
from stores.twin.goods import Product, Variant
from stores.twin.http import Request, Response, redirect
from stores.twin.pages import page
from stores.twin.refusals import RefusedError
from stores.twin.world import Shop, Twin

__all__ = ["index", "product_page", "products", "shop_verb"]

MERCHANT = Author("merchant")
_TEXTS = {
    "title": "Title",
    "vendor": "Vendor",
    "productType": "Type",
    "tags": "Tags",
    "seo.title": "Search title",
    "seo.description": "Search description",
}
_AMOUNTS = {"price": "Price", "compareAtPrice": "Compare-at", "sku": "SKU", "barcode": "Barcode"}
_STATUSES = ("ACTIVE", "DRAFT", "ARCHIVED", "UNLISTED")


def index(twin: Twin) -> Response:
    rows = "".join(
        f"<tr><td>{escape(shop.name)}</td><td>{escape(shop.plan)}</td><td>{shop.currency}</td>"
        f"<td>{len(shop.products)}</td><td>{'down' if shop.knobs.outage else 'up'}</td>"
        f'<td><a href="/shops/{shop.domain}/admin">admin</a></td>'
        f'<td><a href="/shops/{shop.domain}">storefront</a></td></tr>'
        for shop in twin.shops.values()
    )
    head = "<tr><th>Shop</th><th>Plan</th><th>Currency</th><th>Products</th><th>API</th></tr>"
    empty = "<p>No shop is open.</p>"
    panel = '<p><a href="/_twin/panel">Control panel</a></p>'
    return page("Shopify twin", panel + (f"<table>{head}{rows}</table>" if rows else empty))


def products(shop: Shop, request: Request) -> Response:
    rows = "".join(
        f'<tr><td><a href="{request.prefix}/admin/products/{each.id}">'
        f"{escape(each.values['title'])}</a></td><td>{escape(each.values['vendor'])}</td>"
        f"<td>{each.values['status'].title()}</td><td>{len(each.variants)}</td></tr>"
        for each in sorted(shop.products.values(), key=lambda each: each.values["title"])
    )
    state = "Its API is down." if shop.knobs.outage else "Its API is up."
    verbs = f"<p>{state}</p>{_button(request, 'up' if shop.knobs.outage else 'down')}"
    apps = "".join(
        f"<p>App {escape(client_id)} {_button(request, 'uninstall', client_id)}</p>"
        for client_id in shop.installs
    )
    head = "<tr><th>Title</th><th>Vendor</th><th>Status</th><th>Variants</th></tr>"
    table = f"<table>{head}{rows}</table>"
    return page(f"{shop.name} — products", f"{verbs}{apps}{table}")


def shop_verb(twin: Twin, shop: Shop, request: Request, verb: str) -> Response:
    """The buttons above the list: take the API down or up, uninstall an app."""
    if verb == "uninstall":
        grants.uninstall(twin, shop, request.form()["client_id"])
    else:
        shop.knobs.outage = verb == "down"
    return redirect(f"{request.prefix}/admin")


def product_page(twin: Twin, shop: Shop, product: Product, request: Request) -> Response:
    """A form of everything that a merchant can set; POST is the merchant's edit."""
    note = ""
    if request.method == "POST":
        fields, variants = _submitted(request.form(), product)
        try:
            edits.edit(twin, shop, product, MERCHANT, fields=fields, variants=variants)
            said = "Saved."
        except RefusedError as refused:
            said = str(refused)
        note = f'<p class="note">{escape(said)}</p>'
    return page(product.values["title"], note + _form(product, request))


def _form(product: Product, request: Request) -> str:
    values = product.values
    texts = "".join(
        f'<label>{label}<input name="{name}" value="{_shown(values[name])}"></label>'
        for name, label in _TEXTS.items()
    )
    choices = "".join(
        f"<option{' selected' if values['status'] == each else ''}>{each}</option>"
        for each in _STATUSES
    )
    rows = "".join(_variant_row(variant) for variant in product.variants)
    heads = "".join(f"<th>{label}</th>" for label in _AMOUNTS.values())
    return (
        f'<form method="post">{texts}<label>Description<textarea name="descriptionHtml" rows="4">'
        f"{escape(values['descriptionHtml'])}</textarea></label>"
        f'<label>Status<select name="status">{choices}</select></label>'
        f"<table><tr><th>Variant</th>{heads}<th>Weight</th><th>Taxable</th><th>Oversell</th></tr>"
        f"{rows}</table><button>Save</button>"
        f'<a href="{request.prefix}/admin">All products</a></form>'
    )


def _variant_row(variant: Variant) -> str:
    cells = "".join(
        f'<td><input name="{variant.id}.{name}" value="{_shown(variant.values[name])}"></td>'
        for name in _AMOUNTS
    )
    weight = variant.values["weight"]
    taxable = " checked" if variant.values["taxable"] else ""
    oversell = " checked" if variant.values["inventoryPolicy"] == "CONTINUE" else ""
    return (
        f"<tr><td>{escape(variant.title)}</td>{cells}"
        f'<td><input name="{variant.id}.weight" value="{weight["value"]}"><br>'
        f"<small>{weight['unit'].lower()}</small></td>"
        f'<td><input type="checkbox" name="{variant.id}.taxable"{taxable}></td>'
        f'<td><input type="checkbox" name="{variant.id}.oversell"{oversell}></td></tr>'
    )


def _submitted(
    form: dict[str, str], product: Product
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Only the fields that the form named; unchecked boxes of a named variant are off."""
    fields: dict[str, Any] = {
        name: form[name] for name in (*_TEXTS, "descriptionHtml", "status") if name in form
    }
    variants: list[dict[str, Any]] = []
    for variant in product.variants:
        if f"{variant.id}.price" not in form:
            continue
        given: dict[str, Any] = {
            name: form.get(f"{variant.id}.{name}") or None for name in _AMOUNTS
        }
        weight = variant.values["weight"]
        variants.append(
            {
                "id": variant.gid,
                **given,
                "weight": {**weight, "value": form.get(f"{variant.id}.weight") or 0},
                "taxable": f"{variant.id}.taxable" in form,
                "inventoryPolicy": "CONTINUE" if f"{variant.id}.oversell" in form else "DENY",
            }
        )
    return fields, variants


def _button(request: Request, verb: str, client_id: str = "") -> str:
    words = {"down": "Take the API down", "up": "Bring the API up", "uninstall": "Uninstall"}
    return (
        f'<form method="post" action="{request.prefix}/admin/do/{verb}">'
        f'<input type="hidden" name="client_id" value="{escape(client_id)}">'
        f"<button>{words[verb]}</button></form>"
    )


def _shown(value: Any) -> str:
    return escape(", ".join(value) if isinstance(value, list) else str(value or ""))
