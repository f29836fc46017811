"""The keys of matching as columns with indexes, filled by chunks so that nothing stays locked."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import connection, migrations, models, transaction
from django.db.models import Q

CHUNK = 5_000
OF_STORES = """
UPDATE catalogue_variantlisting SET
  sku = left(COALESCE(leaves #>> '{sku,value}', ''), 255),
  barcode = left(COALESCE(leaves #>> '{barcode,value}', ''), 255)
WHERE id > %s AND id <= %s
"""
# The newest candidate of a register wins (catalogue.domain.registers).
OF_THE_HUB = """
UPDATE catalogue_variant SET barcode = left(COALESCE((
  SELECT entry ->> 'value' FROM jsonb_array_elements(registers -> 'barcode') AS entry
  ORDER BY (entry #>> '{version,time}')::timestamptz DESC, (entry #>> '{version,rank}')::int DESC,
    entry #>> '{version,id}' COLLATE "C" DESC LIMIT 1), ''), 255)
WHERE registers ? 'barcode' AND id > %s AND id <= %s
"""


def fill(apps, schema_editor):
    for table, sql in (("VariantListing", OF_STORES), ("Variant", OF_THE_HUB)):
        model = apps.get_model("catalogue", table)
        last = model.objects.order_by("-id").values_list("id", flat=True).first() or 0
        for start in range(0, last, CHUNK):
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(sql, [start, start + CHUNK])


class Migration(migrations.Migration):

    atomic = False
    dependencies = [('catalogue', '0023_picture_contents')]

    operations = [
        migrations.AddField(
            model_name='variant',
            name='barcode',
            field=models.CharField(blank=True, db_default='', default='', max_length=255),
        ),
        migrations.AddField(
            model_name='variantlisting',
            name='sku',
            field=models.CharField(blank=True, db_default='', default='', max_length=255),
        ),
        migrations.AddField(
            model_name='variantlisting',
            name='barcode',
            field=models.CharField(blank=True, db_default='', default='', max_length=255),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
        AddIndexConcurrently(
            model_name='variant',
            index=models.Index('barcode', name='variant_barcode', condition=~Q(barcode='')),
        ),
        AddIndexConcurrently(
            model_name='variantlisting',
            index=models.Index('sku', name='variant_listing_open_sku', condition=Q(variant=None)),
        ),
        AddIndexConcurrently(
            model_name='variantlisting',
            index=models.Index('barcode', name='variant_listing_open_barcode', condition=Q(variant=None)),
        ),
    ]
