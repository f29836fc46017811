"""Who looks at the admin."""

from django.contrib.auth import get_user_model

from stores.models import Membership


def person(client, role=None, workspace=None, *, superuser=False):
    user = get_user_model().objects.create_user(
        f"{role or 'root'}", password="x", is_staff=True, is_superuser=superuser
    )
    if workspace:
        Membership.objects.create(workspace=workspace, user=user, role=role)
    client.force_login(user)
    return client
