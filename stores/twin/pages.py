"""What people see: the list of shops, a shop's admin with its product form, the storefront."""

from collections.abc import Iterable
from html import escape
from typing import Any

from stores.twin import http
from stores.twin.http import Response
from stores.twin.world import PLANS, Product, Shop, Twin, Variant

__all__ = ["admin", "index", "missing", "page", "product_form", "refusal", "storefront"]

_STYLE = """
:root{--ink:#202223;--soft:#6d7175;--line:#e1e3e5;--brand:#00664f;--ground:#f6f6f7}
*{box-sizing:border-box}body{margin:0;font:15px/1.5 system-ui,sans-serif;color:var(--ink);
background:var(--ground)}main{max-width:960px;margin:0 auto;padding:24px}
h1{font-size:22px;margin:0 0 16px}h2{font-size:16px;margin:0 0 12px}a{color:var(--brand)}
nav{background:#1a1a1a;color:#fff;padding:10px 24px}nav a{color:#fff;margin-right:18px}
.card{background:#fff;border:1px solid var(--line);border-radius:10px;padding:18px;
margin-bottom:16px;overflow-x:auto}table{border-collapse:collapse;width:100%}
td,th{text-align:left;padding:7px 9px;border-bottom:1px solid var(--line);vertical-align:top}
th{color:var(--soft);font-weight:500;font-size:13px}label{display:block;margin-bottom:12px}
label span{display:block;font-size:13px;color:var(--soft)}input,select,textarea{font:inherit;
width:100%;padding:7px 9px;border:1px solid #c9cccf;border-radius:7px;background:#fff}
input[type=checkbox]{width:auto}td input,td select{min-width:86px}
button{font:inherit;font-weight:600;border:0;border-radius:7px;padding:9px 16px;color:#fff;
background:var(--brand);cursor:pointer}button.quiet{background:#8a1f11}
.two{display:grid;grid-template-columns:1fr 1fr;gap:0 16px}.goods{display:grid;gap:16px;
grid-template-columns:repeat(auto-fill,minmax(210px,1fr))}.price{font-weight:600}
.was{color:var(--soft);text-decoration:line-through;margin-left:8px}.soft{color:var(--soft)}
.note{background:#e3f1df;border-radius:8px;padding:9px 14px;margin-bottom:16px}
.bad{background:#fed3d1}@media(max-width:600px){.two{grid-template-columns:1fr}}
"""
_TEXTS = (
    ("title", "Title"),
    ("vendor", "Vendor"),
    ("productType", "Type"),
    ("handle", "Handle"),
    ("seo.title", "SEO title"),
    ("seo.description", "SEO description"),
)
_STATUSES = ("ACTIVE", "DRAFT", "ARCHIVED", "UNLISTED")
_POLICIES = ("DENY", "CONTINUE")
_UNITS = ("KILOGRAMS", "GRAMS", "POUNDS", "OUNCES")


def page(
    title: str, body: str, *, links: Iterable[tuple[str, str]] = (), status: int = 200
) -> Response:
    nav = "".join(f'<a href="{escape(to)}">{escape(text)}</a>' for to, text in links)
    return http.html(
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{escape(title)}</title>'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<style>{_STYLE}</style><nav>{nav or 'Twin'}</nav>"
        f'<main><h1>{escape(title)}</h1><div class="card">{body}</div></main></html>',
        status,
    )


def refusal(text: str) -> Response:
    return page("Something is wrong", f"<p>{escape(text)}</p>", status=400)


def missing() -> Response:
    return page("Not found", "<p>There is nothing at this address.</p>", status=404)


def index(twin: Twin) -> Response:
    rows = "".join(
        f'<tr><td><a href="/shops/{shop.domain}/admin">{escape(shop.name)}</a><br>'
        f'<span class="soft">{shop.domain}</span></td><td>{PLANS[shop.plan][0]}</td>'
        f"<td>{shop.currency}</td><td>{len(shop.products)}</td>"
        f'<td><a href="/shops/{shop.domain}">Storefront</a></td></tr>'
        for shop in twin.shops.values()
    )
    head = "<tr><th>Shop</th><th>Plan</th><th>Currency</th><th>Products</th><th></th></tr>"
    return page("Shops of this twin", f"<table>{head}{rows}</table>")


def admin(shop: Shop, prefix: str, *, note: str = "") -> Response:
    rows = "".join(
        f'<tr><td><a href="{prefix}/admin/products/{each.id}">{escape(each.values["title"])}</a></td>'
        f"<td>{each.values['status'].title()}</td><td>{escape(each.values['vendor'])}</td>"
        f"<td>{len(each.variants)}</td><td>{each.updated_at:%Y-%m-%d %H:%M:%S} UTC</td></tr>"
        for each in shop.products.values()
    )
    apps = "".join(
        f'<form method="post" action="{prefix}/admin/apps/{escape(client_id)}/uninstall"><p>'
        f'{escape(client_id)} <button class="quiet">Uninstall</button></p></form>'
        for client_id in shop.installs
    )
    head = (
        "<tr><th>Product</th><th>Status</th><th>Vendor</th><th>Variants</th><th>Updated</th></tr>"
    )
    body = f"{_note(note)}<table>{head}{rows}</table></div>"
    body += f'<div class="card"><h2>Apps</h2>{apps or "<p>No app is installed.</p>"}'
    return page(f"{shop.name} admin", body, links=_links(prefix))


def product_form(
    shop: Shop, product: Product, prefix: str, *, note: str = "", errors: Iterable[str] = ()
) -> Response:
    """The form whose post is a merchant's edit; every field carries its attribute's name."""
    values = product.values
    texts = "".join(_text(name, label, values[name]) for name, label in _TEXTS)
    tags = _text("tags", "Tags", ", ".join(values["tags"]))
    status = _labelled("Status", _select("status", _STATUSES, values["status"]))
    description = escape(values["descriptionHtml"])
    words = _labelled(
        "Description (HTML)", f'<textarea name="descriptionHtml" rows="5">{description}</textarea>'
    )
    heads = (
        "Variant", "Price", "Compare at", "SKU", "Barcode", "Weight", "Unit", "Sell past zero",
        "Taxed", "Tracked",
    )  # fmt: skip
    head = "".join(f"<th>{each}</th>" for each in heads)
    rows = "".join(map(_variant_row, product.variants))
    bad = "".join(f'<p class="note bad">{escape(each)}</p>' for each in errors)
    body = (
        f'{_note(note)}{bad}<form method="post">{words}<div class="two">{texts}{tags}{status}</div>'
        f'<h2>Variants in {shop.currency}</h2><div style="overflow-x:auto"><table>'
        f"<tr>{head}</tr>{rows}</table></div><p><button>Save</button></p></form>"
    )
    return page(values["title"], body, links=_links(prefix))


def storefront(shop: Shop, prefix: str) -> Response:
    """What a shopper sees: active products and their prices."""
    shown = [each for each in shop.products.values() if each.values["status"] == "ACTIVE"]
    goods = "".join(
        f'<div class="card"><h2>{escape(each.values["title"])}</h2>'
        f'<p class="soft">{escape(each.values["vendor"])}</p>{each.values["descriptionHtml"]}'
        f"{_price(shop, each)}</div>"
        for each in shown
    )
    return page(shop.name, f'<div class="goods">{goods}</div>', links=_links(prefix))


def _links(prefix: str) -> list[tuple[str, str]]:
    return [
        ("/", "All shops"),
        (f"{prefix}/admin", "Products"),
        (prefix or "/storefront", "Storefront"),
    ]


def _note(text: str) -> str:
    return f'<p class="note">{escape(text)}</p>' if text else ""


def _labelled(label: str, control: str) -> str:
    return f"<label><span>{label}</span>{control}</label>"


def _text(name: str, label: str, value: Any) -> str:
    return _labelled(label, f'<input name="{name}" value="{escape(str(value or ""))}">')


def _select(name: str, choices: Iterable[str], chosen: str) -> str:
    options = "".join(
        f'<option value="{each}"{" selected" * (each == chosen)}>{each.title()}</option>'
        for each in choices
    )
    return f'<select name="{name}">{options}</select>'


def _variant_row(variant: Variant) -> str:
    """Fields named after the variant: `9001.price`."""
    values = variant.values
    cells = [escape(variant.title)]
    for name in ("price", "compareAtPrice", "sku", "barcode"):
        cells.append(_cell(variant, name, values[name]))
    cells.append(_cell(variant, "weight.value", values["weight"]["value"]))
    cells.append(_select(f"{variant.id}.weight.unit", _UNITS, values["weight"]["unit"]))
    cells.append(_select(f"{variant.id}.inventoryPolicy", _POLICIES, values["inventoryPolicy"]))
    for name in ("taxable", "tracked"):
        ticked = " checked" * values[name]
        cells.append(f'<input type="checkbox" name="{variant.id}.{name}" value="1"{ticked}>')
    return "<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"


def _cell(variant: Variant, name: str, value: Any) -> str:
    shown = "" if value is None else escape(str(value))
    return f'<input name="{variant.id}.{name}" value="{shown}" aria-label="{name}">'


def _price(shop: Shop, product: Product) -> str:
    cheapest = min(product.variants, key=lambda each: float(each.values["price"]))
    was = cheapest.values["compareAtPrice"]
    old = f'<span class="was">{was}</span>' if was else ""
    start = "from " if len({each.values["price"] for each in product.variants}) > 1 else ""
    return f'<p class="price">{start}{cheapest.values["price"]} {shop.currency}{old}</p>'
