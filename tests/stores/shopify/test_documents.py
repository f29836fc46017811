"""Every document against Shopify's own schema, and each of them in use."""

import re
from pathlib import Path

import pytest
from graphql import parse, validate

import stores.shopify
from stores.shopify.documents import FOLDER, document
from stores.shopify.schema import load_schema

NAMES = sorted(path.stem for path in FOLDER.glob("*.graphql"))
OPERATIONS = [name for name in NAMES if not name.endswith("_state")]


@pytest.mark.parametrize("name", OPERATIONS)
def test_shopify_would_accept(name):
    assert validate(load_schema(), parse(document(name).text)) == []


@pytest.mark.parametrize("name", NAMES)
def test_a_document_says_its_scopes_its_cost_and_why(name):
    text = (FOLDER / f"{name}.graphql").read_text("utf-8")
    assert re.match(r"# Scopes: .+ Cost: .+\n# Why: ", text)


def test_every_document_is_used():
    port = Path(stores.shopify.__file__).parent
    code = "".join(path.read_text("utf-8") for path in port.glob("*.py"))
    sent = "".join(document(name).text for name in OPERATIONS)
    unused = [name for name in OPERATIONS if f'"{name}"' not in code]
    assert unused == []
    for fragment in set(NAMES) - set(OPERATIONS):
        assert f"fragment {fragment.title().replace('_', '')} on" in sent


def test_only_mutations_write():
    assert {name for name in OPERATIONS if document(name).writes} == {
        *("product_update", "product_variants_update", "product_and_variants_update"),
        *("webhook_subscription_create", "webhook_subscription_delete"),
        *("product_option_change", "product_options_create", "product_options_delete"),
        *("product_options_reorder", "product_variants_create", "product_variants_delete"),
        *("webhook_subscription_update", "product_publish", "product_unpublish"),
        *("stock_adjust", "stock_set", "metafields_set", "metafields_delete"),
        *("product_media_attach", "product_media_order", "files_update", "files_discard"),
        *("variant_pictures_set", "variant_pictures_unset"),
        *("product_variants_reorder", "product_set", "product_delete", "custom_id_define"),
    }


def test_the_writes_of_products_are_sent_from_one_module():
    port = Path(stores.shopify.__file__).parent
    senders = {
        p.name for p in port.glob("*.py") if re.search(r'"product\w*_update"', p.read_text())
    }
    assert senders == {"products.py"}


def test_a_product_writer_can_not_touch_quantities():
    port = Path(stores.shopify.__file__).parent
    senders = {
        p.name for p in port.glob("*.py") if re.search(r'"stock_(adjust|set)"', p.read_text())
    }
    assert senders == {"stock.py"}
    for name in NAMES:
        if name.startswith("product"):
            assert "quantit" not in document(name).text.lower()
