"""What a store has not granted is left alone there, and told once."""

from collections.abc import Collection

from catalogue.domain.diff import LeafKey
from catalogue.enums import IssueKind
from catalogue.selectors.picture import Picture
from catalogue.selectors.terms import use_of
from catalogue.services.issues import Subject, raise_issue, settle_issue
from stores.domain.scopes import USES, Use
from stores.models import Store
from stores.services.scopes import forget_scopes
from syncqueue.domain.handling import Again, Answer, JobView

WITHDRAWN = "The store grants less than it did: what is left is planned anew."
SECONDS = 2.0


def granted(pic: Picture, name: str) -> bool:
    """Whether a store lets an attribute be read and set."""
    use = use_of(name)
    return use is None or use.granted(pic.store.scopes)


def kept_back(pic: Picture, keys: Collection[LeafKey]) -> str:
    """Why some of these are left alone in a store that has not granted them; told once a store."""
    uses = {use_of(name) for _, name in keys if not granted(pic, name)} - {None}
    for use in filter(None, uses):
        reason = (
            f"{pic.store} has not granted {use}: {use.lost}. “Connect again” on the store's page "
            "asks its owner for it."
        )
        raise_issue(pic.store.workspace_id, IssueKind.GRANT, _subject(pic.store, use), reason)
        return reason
    return ""


def withdrawn(job: JobView, answer: Answer) -> Again | None:
    """Go on without what a store has just taken back; None where a call failed otherwise."""
    if answer.error is None or answer.error.code != "scope_missing":
        return None
    store = Store.objects.get(channel=job.channel_id)
    forget_scopes(store.pk, cause_id=job.cause_id)
    return Again(WITHDRAWN, SECONDS)


def settle_grants(store: Store) -> None:
    """Close what was said of leave that the store has granted since."""
    for use in USES:
        if use.granted(store.scopes):
            said = f"{store} has granted {use}."
            settle_issue(
                store.workspace_id, IssueKind.GRANT, _subject(store, use), by="", reason=said
            )


def _subject(store: Store, use: Use) -> Subject:
    return Subject(name=f"{use}, store {store.pk}", store_id=store.pk)
