"""django-q2 alone, with its own broker over the database, as its documentation sets it up.

`save_limit` -1 is its fastest way: with the default a cluster ends at about 100 tasks a second.
"""

from apimio_sync.settings import DATABASES, SECRET_KEY

__all__ = ["DATABASES", "SECRET_KEY"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
INSTALLED_APPS = ["django.contrib.contenttypes", "django_q"]
USE_TZ = True
Q_CLUSTER = {
    "name": "plain",
    "orm": "default",
    "workers": 2,
    "bulk": 10,
    "queue_limit": 100,
    "poll": 0.05,
    "save_limit": -1,
    "timeout": 60,
    "retry": 120,
    "log_level": "ERROR",
}
