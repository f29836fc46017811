"""What a sheet says: headers, keys, empty cells, the word that clears, what is wrong with it."""

import pytest

from catalogue.domain.feeds import BadFeedError, columns_of, read_row


def read(header, cells):
    return read_row(columns_of(header), 2, cells)


def test_columns_are_known_by_name_or_label_whatever_their_spelling():
    found = columns_of(["SKU", "Compare-at price", "compare_at_price ".upper()[:5], "Colour", ""])
    assert (found.key, found.place, found.attributes) == ("sku", 0, {1: "compare_at_price"})
    assert found.ignored == ("COMPA", "Colour")


def test_our_id_is_the_key_where_it_stands_and_the_sku_is_then_a_value():
    found = columns_of(["Title", "sku", "Variant ID"])
    assert (found.key, found.place, found.attributes) == ("id", 2, {0: "title", 1: "sku"})


@pytest.mark.parametrize("header", [["Title", "Price"], ["SKU", "Price", "price"], ["sku", "SKU"]])
def test_a_header_that_tells_no_row_from_another_is_refused(header):
    with pytest.raises(BadFeedError):
        columns_of(header)


def test_an_empty_cell_leaves_a_value_alone_and_a_word_clears_it():
    row = read(["sku", "title", "barcode", "vendor"], ["A", " Lamp ", "(Clear)", ""])
    assert (row.key, row.values, row.problems) == ("A", {"title": "Lamp", "barcode": None}, ())
    assert read(["sku", "title"], ["  ", ""]) is None


def test_a_bad_value_is_told_in_words_and_the_others_are_taken():
    row = read(["sku", "title", "price", "status"], ["A", "(clear)", "cheap", "Active"])
    assert row.values == {"status": "ACTIVE"}
    assert row.unreadable == ("title", "price")
    assert row.problems[0] == "Title: it can't be empty."
    assert row.problems[1].startswith("Price: ")


def test_a_row_shorter_than_the_header_leaves_the_rest_alone():
    assert read(["sku", "title", "vendor"], ["A"]).values == {}
