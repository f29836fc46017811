"""Declaring which metafields a workspace keeps in step."""

from uuid import UUID, uuid4

from django.db import transaction

from catalogue.domain.metafields import LONGEST_NAME, name_of, why_not
from catalogue.enums import IssueKind, IssueState, Owner
from catalogue.errors import NotAllowedNowError
from catalogue.models import Issue, SyncedMetafield
from catalogue.services.issues import close_issue
from stores.enums import READABLE
from stores.models import Store, Workspace
from stores.services.install import subscribe
from stores.services.pulls import enqueue_pull

MOST_DECLARED = 50


def declare(
    workspace_id: int, owner: Owner, namespace: str, key: str, kind: str, *, by: str
) -> SyncedMetafield:
    """Keep a metafield in step from now on; every store's webhooks show it, and it is read once.

    What a product's first store has becomes canonical and goes where there is none; another
    store's own value stays. Raises NotAllowedNowError with the reason in words.
    """
    with transaction.atomic():
        workspace = Workspace.objects.select_for_update().get(pk=workspace_id)
        check_declarable(workspace, owner, namespace, key, kind)
        made = SyncedMetafield.objects.create(
            workspace=workspace, owner=owner, namespace=namespace, key=key, type=kind, by=by
        )
        cause_id = uuid4()
        _listen(workspace, cause_id)
        for store in Store.objects.filter(workspace=workspace, mode__in=READABLE):
            enqueue_pull(store, "reconcile", cause_id=cause_id)
    return made


def undeclare(metafield: SyncedMetafield) -> None:
    """Leave a metafield alone from now on: nothing is deleted anywhere."""
    with transaction.atomic():
        workspace = Workspace.objects.select_for_update().get(pk=metafield.workspace_id)
        rows = Issue.objects.filter(workspace=workspace, kind=IssueKind.METAFIELD)
        for issue in rows.filter(attribute=metafield.name, state=IssueState.OPEN):
            close_issue(issue.pk, by="", reason="It is not kept in step any more.")
        metafield.delete()
        _listen(workspace, uuid4())


def check_declarable(
    workspace: Workspace, owner: Owner, namespace: str, key: str, kind: str
) -> None:
    """Raise NotAllowedNowError, in words, where a metafield can't be kept in step."""
    rows = SyncedMetafield.objects.filter(workspace=workspace, owner=owner)
    if reason := why_not(kind):
        raise NotAllowedNowError(reason)
    if len(name_of(owner, namespace, key)) > LONGEST_NAME:
        raise NotAllowedNowError("The namespace and the key are too long together.")
    if rows.filter(namespace=namespace, key=key).exists():
        raise NotAllowedNowError(f"{namespace}.{key} of {owner}s is kept in step already.")
    if rows.count() >= MOST_DECLARED:
        raise NotAllowedNowError(
            f"At most {MOST_DECLARED} metafields of {owner}s are kept in step."
        )


def _listen(workspace: Workspace, cause_id: UUID) -> None:
    """Webhooks show metafields by namespace, and those of products only."""
    rows = SyncedMetafield.objects.filter(workspace=workspace, owner=Owner.PRODUCT)
    namespaces = sorted(set(rows.values_list("namespace", flat=True)))
    if namespaces == workspace.metafield_namespaces:
        return
    workspace.metafield_namespaces = namespaces
    workspace.save(update_fields=["metafield_namespaces"])
    for store in Store.objects.filter(workspace=workspace, mode__in=READABLE):
        subscribe(store, cause_id=cause_id)
