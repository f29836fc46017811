"""Where an installation begins and where Shopify sends the merchant back."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET

from stores.enums import Role
from stores.errors import StoresError
from stores.models import Organization, Workspace
from stores.services.install import begin_install, finish_install

COOKIE = "shopify_install"
COOKIE_SECONDS = 900


@require_GET
@login_required
def install(request: HttpRequest) -> HttpResponse:
    """Send the merchant of `?shop=` to Shopify's consent page."""
    try:
        workspace = _workspace(request)
        url, nonce = begin_install(
            workspace=workspace,
            domain=request.GET.get("shop", ""),
            organization=_organization(request, workspace),
            user_id=request.user.pk,
        )
    except StoresError as error:
        return _failed(request, str(error), error.status)
    response = redirect(url)
    response.set_signed_cookie(
        COOKIE,
        nonce,
        max_age=COOKIE_SECONDS,
        httponly=True,
        secure=request.is_secure(),
        samesite="Lax",
        path="/shopify/",
    )
    return response


@require_GET
def callback(request: HttpRequest) -> HttpResponse:
    """Finish an installation and show the store."""
    nonce = request.get_signed_cookie(COOKIE, default=None, max_age=COOKIE_SECONDS)
    try:
        store = finish_install(request.GET.dict(), nonce=nonce)
    except StoresError as error:
        return _failed(request, str(error), error.status)
    response = redirect(reverse("admin:stores_store_change", args=[store.pk]))
    response.delete_cookie(COOKIE, path="/shopify/")
    return response


def _workspace(request: HttpRequest) -> Workspace:
    """The workspace that was named, or the person's only one; an operator's."""
    rows = Workspace.objects.for_user(request.user)
    if not request.user.is_superuser:
        rows = rows.filter(memberships__role=Role.OPERATOR)
    if slug := request.GET.get("workspace"):
        rows = rows.filter(slug=slug)
    found = list(rows[:2])
    if len(found) != 1:
        raise StoresError("Name the workspace to which the shop is to be connected.")
    workspace: Workspace = found[0]
    return workspace


def _organization(request: HttpRequest, workspace: Workspace) -> Organization | None:
    wanted = request.GET.get("organization", "")
    if not wanted:
        return None
    found = Organization.objects.filter(workspace=workspace, pk=wanted if wanted.isdecimal() else 0)
    organization: Organization | None = found.first()
    if organization is None:
        raise StoresError("This organisation does not exist in the workspace.")
    return organization


def _failed(request: HttpRequest, message: str, status: int) -> HttpResponse:
    return render(request, "stores/install_failed.html", {"message": message}, status=status)
