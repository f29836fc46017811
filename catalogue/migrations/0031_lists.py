"""Indexes by which lists are shown in order and searched, made without locking anybody out."""

from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models
from django.db.models import Q
from django.db.models.functions import Upper


class Migration(migrations.Migration):

    atomic = False
    dependencies = [('catalogue', '0030_trail_indexes')]

    operations = [
        AddIndexConcurrently('listing', models.Index('store', 'title', 'id', name='listing_in_order')),
        AddIndexConcurrently('listing', models.Index('handle', name='listing_handle', condition=~Q(handle=''))),
        AddIndexConcurrently('listing', models.Index('store', 'title', 'id', name='listing_waiting', condition=Q(state__in=('unmatched', 'ambiguous')))),
        AddIndexConcurrently('product', models.Index('workspace', 'title', 'id', name='product_in_order')),
        AddIndexConcurrently('product', models.Index(Upper('title'), name='product_title_upper')),
        RemoveIndexConcurrently('product', 'product_title'),
        AddIndexConcurrently('variant', models.Index('sku', 'product', name='variant_sku')),
        migrations.AlterField(
            model_name='variant',
            name='sku',
            field=models.CharField(blank=True, default='', max_length=255),
        ),
    ]
