"""Two indexes less on the largest table: stores are found by another, attempts where there are any."""

import django.db.models.deletion
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):

    atomic = False
    dependencies = [('catalogue', '0029_stock_words')]

    operations = [
        AddIndexConcurrently(
            model_name='changedelivery',
            index=models.Index('attempt', name='change_delivery_attempt', condition=Q(attempt__isnull=False)),
        ),
        migrations.AlterField(
            model_name='changedelivery',
            name='attempt',
            field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='change_deliveries', to='syncqueue.attempt'),
        ),
        migrations.AlterField(
            model_name='changedelivery',
            name='store',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='change_deliveries', to='stores.store'),
        ),
    ]
