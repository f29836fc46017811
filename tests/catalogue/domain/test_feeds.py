"""What a sheet says: headers, keys, empty cells, the word that clears, what is wrong with it."""

import pytest

from catalogue.domain.feeds import BadFeedError, columns_of, read_row


def read(header, cells):
    return read_row(columns_of(header), 2, cells)


def test_columns_are_known_by_name_or_label_whatever_their_spelling():
    found = columns_of(["SKU", "Compare-at price", "compare_at_price ".upper()[:5], "Colour", ""])
    assert (found.key, found.place, found.attributes) == ("sku", 0, {1: ("compare_at_price", None)})
    assert found.ignored == ("COMPA", "Colour")


def test_our_id_is_the_key_where_it_stands_and_the_sku_is_then_a_value():
    found = columns_of(["Title", "sku", "Variant ID"])
    assert (found.key, found.place) == ("id", 2)
    assert found.attributes == {0: ("title", None), 1: ("sku", None)}


@pytest.mark.parametrize("header", [["Title", "Price"], ["SKU", "Price", "price"], ["sku", "SKU"]])
def test_a_header_that_tells_no_row_from_another_is_refused(header):
    with pytest.raises(BadFeedError):
        columns_of(header)


def test_an_empty_cell_leaves_a_value_alone_and_a_word_clears_it():
    row = read(["sku", "title", "barcode", "vendor"], ["A", " Lamp ", "(Clear)", ""])
    assert row.values == {("title", None): "Lamp", ("barcode", None): None}
    assert (row.key, row.problems) == ("A", ())
    assert read(["sku", "title"], ["  ", ""]) is None


def test_a_bad_value_is_told_in_words_and_the_others_are_taken():
    row = read(["sku", "title", "price", "status"], ["A", "(clear)", "cheap", "Active"])
    assert row.values == {("status", None): "ACTIVE"}
    assert row.unreadable == ("title", "price")
    assert row.problems[0] == "Title: it can't be empty."
    assert row.problems[1].startswith("Price: ")


def test_a_row_shorter_than_the_header_leaves_the_rest_alone():
    assert read(["sku", "title", "vendor"], ["A"]).values == {}


STORES = {"my shop": 7, "alpine myshopify com": 8}


def test_a_column_names_a_store_whatever_its_spelling():
    header = ["SKU", "Price", "price@My-Shop", "Title @ alpine.myshopify.com", "Colour@nowhere"]
    found = columns_of(header, STORES)
    assert found.attributes == {1: ("price", None), 2: ("price", 7), 3: ("title", 8)}
    assert found.ignored == ("Colour@nowhere",)
    assert columns_of(["sku", "price"], STORES, every=8).attributes == {1: ("price", 8)}
    mixed = columns_of(["sku", "price", "price@my-shop"], STORES, every=8).attributes
    assert mixed == {1: ("price", 8), 2: ("price", 7)}


@pytest.mark.parametrize("more", [["price@far"], ["price@"], ["price@my-shop", "Price@my shop"]])
def test_a_store_that_is_none_of_ours_is_refused_and_no_column_stands_twice(more):
    with pytest.raises(BadFeedError):
        columns_of(["sku", *more], STORES)


def test_a_word_lets_a_store_follow_the_hub_and_means_nothing_for_the_hub():
    columns = columns_of(["sku", "barcode@my-shop", "price", "vendor@my-shop"], STORES)
    row = read_row(columns, 2, ["A", "(clear)", "(follow)", "(Follow)"])
    assert (row.values, row.follows) == ({("barcode", 7): None}, (("vendor", 7),))
    assert row.unreadable == ("price",)


def test_what_is_set_store_by_store_only_needs_a_store():
    header = ["sku", "Sales channels", "Sales channels@my-shop"]
    found = columns_of(header, STORES)
    assert (found.attributes, found.ignored) == ({2: ("channels", 7)}, ("Sales channels",))
