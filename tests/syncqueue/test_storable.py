"""Characters that PostgreSQL can't store: they spoil no answer, and nobody else's settling."""

import json

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from syncqueue.domain.handling import Answer, CallError, ErrorClass
from syncqueue.domain.storable import dumps, storable
from syncqueue.enums import JobState
from syncqueue.models import Call, Job
from syncqueue.services.pump import drain
from tests.syncqueue.queueing import queue, state_of
from tests.syncqueue.scripted import scripted

ANY_TEXT = st.text(st.characters(codec=None, categories=None))
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | ANY_TEXT,
    lambda inner: st.lists(inner) | st.dictionaries(ANY_TEXT, inner),
    max_leaves=8,
)


@given(ANY_JSON)
def test_only_what_can_t_be_stored_is_replaced(data):
    text = dumps(data)
    assert json.loads(text) == storable(data) == storable(storable(data))
    text.encode()
    whole = json.dumps(data, ensure_ascii=False)
    if "\\u0000" not in whole and not any("\ud800" <= sign <= "\udfff" for sign in whole):
        assert storable(data) == data


@pytest.mark.django_db
@pytest.mark.parametrize("text", ["a\0b", "\ud83d", "\ude00\ud83d", "\\u0000", "\\\0", "😀"])
def test_postgres_takes_it(text):
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s::jsonb ->> 'text'", [dumps({"text": text})])
        assert cursor.fetchone()[0] == storable(text)


@pytest.mark.django_db(transaction=True)
def test_an_answer_with_a_nul_is_kept_and_spoils_no_other(channel, monkeypatch):
    send = scripted.send

    def send_dirt(request, context):
        answer = send(request, context)
        if request["job"] == bad:
            return Answer(body={"ti\0tle": ["a\0b", "\ud83d"]}, http_status=200)
        if request["job"] == failed:
            return Answer(error=CallError(ErrorClass.REFUSED, "no", "Never\0."))
        return answer

    monkeypatch.setattr(scripted, "send", send_dirt)
    bad, failed, *others = (queue(channel, ["ok"], key=f"product:{n}")[0] for n in range(6))
    drain()
    assert Call.objects.get(job=bad).answer["body"] == {"ti�tle": ["a�b", "�"]}
    assert Job.objects.get(pk=failed).reason == "Never�."
    assert {state_of(job)[0] for job in (bad, *others)} == {JobState.SUCCEEDED}


@pytest.mark.django_db
def test_a_bug_whose_words_can_t_be_stored_is_told_all_the_same(channel, monkeypatch):
    def broken(*args, **more):
        raise RuntimeError("a \0 in a plan")

    monkeypatch.setattr(scripted, "plan", broken)
    (job,) = queue(channel, ["ok"])
    drain()
    assert Job.objects.get(pk=job).reason.startswith("RuntimeError: a � in a plan")
