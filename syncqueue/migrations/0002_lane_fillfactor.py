"""Room on each page for heap-only updates: a lane's row is claimed and finished all the time."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("syncqueue", "0001_initial")]

    operations = [
        migrations.RunSQL(
            "ALTER TABLE syncqueue_lane SET (fillfactor = 70)",
            "ALTER TABLE syncqueue_lane RESET (fillfactor)",
        )
    ]
