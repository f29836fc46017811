"""Counts of jobs that do not come from the jobs themselves, and what a check of them found."""


import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('syncqueue', '0003_lane_claimed'),
    ]

    operations = [
        migrations.CreateModel(
            name='Balance',
            fields=[
                ('channel', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='balance', serialize=False, to='syncqueue.channel')),
                ('received', models.BigIntegerField()),
                ('succeeded', models.BigIntegerField()),
                ('dead_lettered', models.BigIntegerField()),
                ('cancelled', models.BigIntegerField()),
                ('open', models.BigIntegerField()),
                ('checked_at', models.DateTimeField()),
            ],
            options={
                'ordering': ['channel_id'],
            },
        ),
        migrations.AddField(
            model_name='lane',
            name='received',
            field=models.BigIntegerField(db_default=0, default=0, help_text='Jobs ever stored, counted by the statement that did.'),
        ),
        migrations.RunSQL(
            "UPDATE syncqueue_lane AS lane SET received = job.count FROM "
            "(SELECT lane_id, count(*) FROM syncqueue_job GROUP BY lane_id) AS job "
            "WHERE job.lane_id = lane.id",
            migrations.RunSQL.noop,
        ),
        migrations.CreateModel(
            name='Finding',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=50)),
                ('sentence', models.TextField()),
                ('rows', django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), blank=True, default=list, size=None)),
                ('found_at', models.DateTimeField()),
                ('checked_at', models.DateTimeField()),
                ('channel', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='findings', to='syncqueue.channel')),
            ],
            options={
                'ordering': ['channel_id', 'code'],
                'constraints': [models.UniqueConstraint(fields=('channel', 'code'), name='finding_is_told_once')],
            },
        ),
        migrations.CreateModel(
            name='Pruned',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('state', models.CharField(choices=[('queued', 'Queued'), ('running', 'Running'), ('retrying', 'Retrying'), ('waiting', 'Waiting'), ('succeeded', 'Succeeded'), ('dead_lettered', 'Dead lettered'), ('cancelled', 'Cancelled')], max_length=16)),
                ('jobs', models.BigIntegerField()),
                ('channel', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='pruned', to='syncqueue.channel')),
            ],
            options={
                'verbose_name_plural': 'pruned',
                'ordering': ['channel_id', 'state'],
                'constraints': [models.UniqueConstraint(fields=('channel', 'state'), name='pruned_is_one_per_state')],
            },
        ),
    ]
