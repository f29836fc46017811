"""What Shopify makes of texts: the place where endless rewrites come from."""

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stores.twin import rendering


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        ("<p>A<br/>B<hr /></p>", "<p>A<br>B</p><hr><p></p>"),
        ("<IMG SRC='a.png' alt=\"it's\">", '<img src="a.png" alt="it\'s">'),
        ("<p class=big>one<p>two", '<p class="big">one</p><p>two</p>'),
        ("<ul><li>a<li>b</ul>", "<ul><li>a</li><li>b</li></ul>"),
        ("caf&eacute; &amp; tea\u00a0&lt; 5", "café &amp; tea&nbsp;&lt; 5"),
        ("<b>bold <i>both</b> slanted</i>", "<b>bold <i>both</i></b><i> slanted</i>"),
        ("<table><td>1", "<table><tbody><tr><td>1</td></tr></tbody></table>"),
        ("<!-- kept --><script>1 < 2</script>", "<!-- kept --><script>1 < 2</script>"),
        ("  plain text\n", "plain text"),
        (None, ""),
    ],
)
def test_html_is_written_as_a_browser_understood_it(given, stored):
    assert rendering.html(given) == stored


_PARTS = """<p> </p> <br/> <li> <ul\tclass=x> </ul> &nbsp; &lt; <b> </i> text é <div\tid='1'> </div>
<img\tsrc=a> <td> <a\thref=x> \t"""
_MARKUP = st.lists(st.sampled_from(re.split(r"[ \n]", _PARTS)), max_size=12).map("".join)


@given(_MARKUP)
def test_html_that_was_rendered_stays_as_it_is(text):
    once = rendering.html(text)
    assert rendering.html(once) == once


@given(st.lists(st.text(st.characters(codec="utf-8"), max_size=8)))
def test_tags_are_trimmed_sorted_and_there_once(words):
    tags = rendering.tags(words)
    folded = [tag.casefold() for tag in tags]
    assert folded == sorted(set(folded))
    assert set(folded) == {word.strip().casefold() for word in words if word.strip()}
    assert rendering.tags(tags) == tags


def test_tags_keep_the_first_spelling():
    assert rendering.tags("steel, Camp,STEEL, ") == ["Camp", "steel"]


@pytest.mark.parametrize(
    ("amount", "stored"), [("5", "5.00"), (2.5, "2.50"), ("1e2", "100.00"), ("0.005", "0.00")]
)
def test_money_has_two_decimals(amount, stored):
    assert rendering.cents(amount) == stored


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(codec="utf-8"), max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=8,
)


@given(_JSON, st.sampled_from([None, 2]))
def test_json_is_stored_without_the_spaces_it_came_with(value, indent):
    stored = rendering.json_text(json.loads(json.dumps(value, indent=indent)))
    assert json.loads(stored) == value
    assert stored == rendering.json_text(value)


@pytest.mark.parametrize(
    ("title", "handle"),
    [
        ("Black Sunglasses", "black-sunglasses"),
        ("  Down Sleeping Bag 0° ", "down-sleeping-bag-0"),
        ("Hüttenschlafsack groß", "huttenschlafsack-gross"),
        ("Café_au lait!", "cafe-au-lait"),
        ("ガラス 杯", "ガラス-杯"),
        ("!!!", "product"),
    ],
)
def test_a_handle_is_made_of_a_title(title, handle):
    assert rendering.handle(title) == handle
    assert rendering.handle(handle) == handle
