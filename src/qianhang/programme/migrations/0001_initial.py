import django.db.models.deletion
import qianhang.core.clock
import qianhang.programme.rules.states
from django.conf import settings
from django.db import migrations, models

from qianhang.core.sqlfiles import sql_file


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('people', '0002_saved_views'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Evidence',
            fields=[
                ('id', models.UUIDField(default=qianhang.core.clock.new_id, editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=200)),
                ('stored_as', models.CharField(max_length=200)),
                ('bytes', models.PositiveBigIntegerField()),
                ('sha256', models.CharField(max_length=64)),
                ('uploaded_at', models.DateTimeField(default=qianhang.core.clock.now, editable=False)),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.organisation')),
                ('uploaded_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'evidence',
            },
        ),
        migrations.CreateModel(
            name='Finding',
            fields=[
                ('id', models.UUIDField(default=qianhang.core.clock.new_id, editable=False, primary_key=True, serialize=False)),
                ('kind', models.CharField(choices=[('target', 'Target'), ('task', 'Task'), ('responsibility', 'Responsibility'), ('system', 'Named system'), ('milestone', 'Milestone')], max_length=16)),
                ('key', models.CharField(max_length=64)),
                ('state', models.CharField(choices=[('proposed', 'Proposed'), ('accepted', 'Accepted'), ('edited', 'Edited'), ('rejected', 'Rejected'), ('added', 'Added by hand')], default='proposed', max_length=10)),
                ('origin', models.CharField(choices=[('rules', 'Found by rules'), ('model', 'Proposed by a model'), ('person', 'Written by a person')], default='rules', max_length=8)),
                ('content', models.JSONField()),
                ('edited', models.JSONField(blank=True, null=True)),
                ('quotes', models.JSONField(default=list, help_text='Text and offset in the document, the shown one first.')),
                ('position', models.PositiveIntegerField(help_text='Where the first quote begins; findings are shown in order.')),
                ('section', models.CharField(blank=True, default='', max_length=200)),
                ('rule', models.CharField(blank=True, default='', max_length=80)),
                ('confidence', models.DecimalField(decimal_places=3, default=1, max_digits=4)),
                ('flags', models.JSONField(default=list, help_text='Doubts for the reviewer.')),
                ('is_gone', models.BooleanField(default=False, help_text='Not in the newest wording any more.')),
                ('reviewed_at', models.DateTimeField(blank=True, null=True)),
                ('note', models.CharField(blank=True, default='', max_length=500)),
                ('created_at', models.DateTimeField(default=qianhang.core.clock.now, editable=False)),
                ('reviewed_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'finding',
                'ordering': ['position', 'id'],
            },
        ),
        migrations.CreateModel(
            name='ManualSeries',
            fields=[
                ('id', models.UUIDField(default=qianhang.core.clock.new_id, editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=200)),
                ('unit', models.CharField(blank=True, default='', max_length=40)),
                ('created_at', models.DateTimeField(default=qianhang.core.clock.now, editable=False)),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.organisation')),
                ('reporter', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.organisation')),
            ],
            options={
                'verbose_name': 'manual series',
                'ordering': ['name', 'id'],
            },
        ),
        migrations.CreateModel(
            name='ManualValue',
            fields=[
                ('id', models.UUIDField(default=qianhang.core.clock.new_id, editable=False, primary_key=True, serialize=False)),
                ('day', models.DateField()),
                ('value', models.DecimalField(decimal_places=9, max_digits=30)),
                ('note', models.CharField(blank=True, default='', max_length=500)),
                ('state', models.CharField(choices=[('waiting', 'Waiting for review'), ('confirmed', 'Confirmed'), ('refused', 'Refused')], default='waiting', max_length=10)),
                ('recorded_at', models.DateTimeField(default=qianhang.core.clock.now, editable=False)),
                ('reviewed_at', models.DateTimeField(blank=True, null=True)),
                ('review_note', models.CharField(blank=True, default='', max_length=500)),
                ('evidence', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='programme.evidence')),
                ('recorded_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('reviewed_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('series', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='values', to='programme.manualseries')),
            ],
            options={
                'verbose_name': 'reported value',
                'ordering': ['-recorded_at', '-id'],
            },
        ),
        migrations.CreateModel(
            name='Observation',
            fields=[
                ('id', models.UUIDField(default=qianhang.core.clock.new_id, editable=False, primary_key=True, serialize=False)),
                ('series', models.CharField(help_text='Source and name, such as measure:compute.jobs_finished.', max_length=120)),
                ('day', models.DateField()),
                ('revision', models.PositiveIntegerField(default=0)),
                ('value', models.DecimalField(decimal_places=12, max_digits=38)),
                ('unit', models.CharField(blank=True, default='', max_length=40)),
                ('query_version', models.PositiveIntegerField(default=1)),
                ('rows', models.PositiveBigIntegerField(default=0, help_text='How many rows of evidence it counted.')),
                ('reference', models.CharField(blank=True, default='', help_text='The record it was taken from.', max_length=80)),
                ('observed_at', models.DateTimeField(default=qianhang.core.clock.now, editable=False)),
            ],
            options={
                'verbose_name': 'observation',
                'ordering': ['day', 'revision'],
                'indexes': [models.Index(fields=['series', '-day', '-revision'], name='programme_observed_latest')],
                'constraints': [models.UniqueConstraint(fields=('series', 'day', 'revision'), name='programme_observed_once')],
            },
        ),
        migrations.CreateModel(
            name='OutsideSeries',
            fields=[
                ('id', models.UUIDField(default=qianhang.core.clock.new_id, editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=200)),
                ('unit', models.CharField(blank=True, default='', max_length=40)),
                ('url', models.URLField(blank=True, default='', help_text='Empty: values come as files only.', max_length=1000)),
                ('date_column', models.CharField(default='date', max_length=80)),
                ('value_column', models.CharField(default='value', max_length=80)),
                ('every_hours', models.PositiveSmallIntegerField(default=24)),
                ('fetched_at', models.DateTimeField(blank=True, null=True)),
                ('tried_at', models.DateTimeField(blank=True, null=True)),
                ('problem', models.CharField(blank=True, default='', max_length=500)),
                ('created_at', models.DateTimeField(default=qianhang.core.clock.now, editable=False)),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.organisation')),
            ],
            options={
                'verbose_name': 'outside series',
                'ordering': ['name', 'id'],
            },
        ),
        migrations.CreateModel(
            name='OutsideValue',
            fields=[
                ('id', models.UUIDField(default=qianhang.core.clock.new_id, editable=False, primary_key=True, serialize=False)),
                ('day', models.DateField()),
                ('value', models.DecimalField(decimal_places=9, max_digits=30)),
                ('sha256', models.CharField(help_text='Of the file or answer it was read from.', max_length=64)),
                ('came_at', models.DateTimeField(default=qianhang.core.clock.now, editable=False)),
                ('series', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='values', to='programme.outsideseries')),
            ],
            options={
                'ordering': ['day', 'came_at'],
            },
        ),
        migrations.CreateModel(
            name='Plan',
            fields=[
                ('id', models.UUIDField(default=qianhang.core.clock.new_id, editable=False, primary_key=True, serialize=False)),
                ('title', models.CharField(max_length=300)),
                ('issuer', models.CharField(blank=True, default='', max_length=200)),
                ('number', models.CharField(blank=True, default='', help_text='The document number, as written.', max_length=120)),
                ('dated', models.DateField(blank=True, null=True)),
                ('region', models.CharField(blank=True, default='', max_length=80)),
                ('level', models.CharField(blank=True, default='', max_length=40)),
                ('kind', models.CharField(blank=True, default='', help_text='The genre, such as an action plan.', max_length=40)),
                ('published_at', models.DateTimeField(blank=True, null=True)),
                ('is_demo', models.BooleanField(default=False)),
                ('created_at', models.DateTimeField(default=qianhang.core.clock.now, editable=False)),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='plans', to='people.organisation', verbose_name='programme office')),
            ],
            options={
                'verbose_name': 'plan',
                'ordering': ['-created_at', '-id'],
            },
        ),
        migrations.CreateModel(
            name='NamedSystem',
            fields=[
                ('id', models.UUIDField(default=qianhang.core.clock.new_id, editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=300)),
                ('type', models.CharField(blank=True, default='', max_length=60)),
                ('domain', models.CharField(blank=True, default='', max_length=80)),
                ('action', models.CharField(blank=True, default='', max_length=80)),
                ('is_named', models.BooleanField(default=True)),
                ('room', models.CharField(default='outside', max_length=40)),
                ('state', models.CharField(choices=[('planned', 'Planned'), ('building', 'Under construction'), ('live', 'Live')], default=qianhang.programme.rules.states.SystemState['PLANNED'], max_length=12)),
                ('address', models.URLField(blank=True, default='', max_length=500)),
                ('note', models.CharField(blank=True, default='', max_length=1000)),
                ('position', models.PositiveIntegerField(default=0)),
                ('changed_at', models.DateTimeField(default=qianhang.core.clock.now)),
                ('is_active', models.BooleanField(default=True)),
                ('evidence', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='programme.evidence')),
                ('finding', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='system', to='programme.finding')),
                ('plan', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='systems', to='programme.plan')),
            ],
            options={
                'verbose_name': 'named system',
                'ordering': ['position', 'id'],
            },
        ),
        migrations.AddField(
            model_name='finding',
            name='plan',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='findings', to='programme.plan'),
        ),
        migrations.CreateModel(
            name='PlanDocument',
            fields=[
                ('id', models.UUIDField(default=qianhang.core.clock.new_id, editable=False, primary_key=True, serialize=False)),
                ('version', models.PositiveIntegerField(help_text='1 for the first wording.')),
                ('filename', models.CharField(blank=True, default='', max_length=200)),
                ('format', models.CharField(max_length=20)),
                ('encoding', models.CharField(blank=True, default='', max_length=30)),
                ('sha256', models.CharField(help_text='Of the file as it came.', max_length=64)),
                ('bytes', models.PositiveBigIntegerField()),
                ('stored_as', models.CharField(max_length=200)),
                ('text', models.TextField()),
                ('notes', models.JSONField(default=list, help_text='What the reader of the file noticed.')),
                ('meta', models.JSONField(default=dict)),
                ('found', models.JSONField(default=list, help_text="Every finding in this wording, before any person's edit.")),
                ('reading_version', models.CharField(max_length=40)),
                ('imported_at', models.DateTimeField(default=qianhang.core.clock.now, editable=False)),
                ('imported_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('plan', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='documents', to='programme.plan')),
            ],
            options={
                'verbose_name': 'plan document',
                'ordering': ['version'],
            },
        ),
        migrations.AddField(
            model_name='finding',
            name='document',
            field=models.ForeignKey(help_text='The last wording it was found in.', on_delete=django.db.models.deletion.PROTECT, related_name='+', to='programme.plandocument'),
        ),
        migrations.CreateModel(
            name='ProgrammeTask',
            fields=[
                ('id', models.UUIDField(default=qianhang.core.clock.new_id, editable=False, primary_key=True, serialize=False)),
                ('path', models.CharField(max_length=200)),
                ('number', models.CharField(blank=True, default='', max_length=40)),
                ('title', models.CharField(max_length=300)),
                ('body', models.TextField(blank=True, default='')),
                ('kind', models.CharField(default='numbered', max_length=20)),
                ('position', models.PositiveIntegerField(default=0)),
                ('state', models.CharField(choices=[('not_started', 'Not started'), ('under_way', 'Under way'), ('blocked', 'Blocked'), ('done', 'Done'), ('dropped', 'Dropped')], default=qianhang.programme.rules.states.TaskState['NOT_STARTED'], max_length=12)),
                ('state_reason', models.CharField(blank=True, default='', max_length=500)),
                ('starts_on', models.DateField(blank=True, null=True)),
                ('due_on', models.DateField(blank=True, null=True)),
                ('percent', models.PositiveSmallIntegerField(default=0, help_text='As last reported, 0 to 100.')),
                ('changed_at', models.DateTimeField(default=qianhang.core.clock.now)),
                ('is_active', models.BooleanField(default=True)),
                ('finding', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='task', to='programme.finding')),
                ('owner', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='programme_tasks', to='people.organisation')),
                ('parent', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='children', to='programme.programmetask')),
                ('plan', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='tasks', to='programme.plan')),
            ],
            options={
                'verbose_name': 'task',
                'ordering': ['position', 'id'],
            },
        ),
        migrations.CreateModel(
            name='ExpertOpinion',
            fields=[
                ('id', models.UUIDField(default=qianhang.core.clock.new_id, editable=False, primary_key=True, serialize=False)),
                ('verdict', models.CharField(choices=[('support', 'Supports'), ('concern', 'Has concerns'), ('oppose', 'Opposes')], max_length=12)),
                ('text', models.CharField(max_length=4000)),
                ('given_by_name', models.CharField(max_length=160)),
                ('given_at', models.DateTimeField(default=qianhang.core.clock.now, editable=False)),
                ('given_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('organisation', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.organisation')),
                ('plan', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='opinions', to='programme.plan')),
                ('task', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='opinions', to='programme.programmetask')),
            ],
            options={
                'verbose_name': 'opinion',
                'ordering': ['-given_at', '-id'],
            },
        ),
        migrations.CreateModel(
            name='ProgressReport',
            fields=[
                ('id', models.UUIDField(default=qianhang.core.clock.new_id, editable=False, primary_key=True, serialize=False)),
                ('percent', models.PositiveSmallIntegerField()),
                ('text', models.CharField(max_length=4000)),
                ('made_by_name', models.CharField(max_length=160)),
                ('made_at', models.DateTimeField(default=qianhang.core.clock.now, editable=False)),
                ('evidence', models.ManyToManyField(related_name='+', to='programme.evidence')),
                ('made_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.organisation')),
                ('task', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='reports', to='programme.programmetask')),
            ],
            options={
                'verbose_name': 'progress report',
                'ordering': ['-made_at', '-id'],
            },
        ),
        migrations.CreateModel(
            name='Reminder',
            fields=[
                ('id', models.UUIDField(default=qianhang.core.clock.new_id, editable=False, primary_key=True, serialize=False)),
                ('day', models.DateField()),
                ('reason', models.CharField(max_length=20)),
                ('people', models.PositiveSmallIntegerField(default=0)),
                ('sent_at', models.DateTimeField(default=qianhang.core.clock.now, editable=False)),
                ('task', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='reminders', to='programme.programmetask')),
            ],
        ),
        migrations.CreateModel(
            name='Target',
            fields=[
                ('id', models.UUIDField(default=qianhang.core.clock.new_id, editable=False, primary_key=True, serialize=False)),
                ('indicator', models.CharField(max_length=300)),
                ('scope', models.CharField(blank=True, default='', max_length=200)),
                ('comparator', models.CharField(choices=[('eq', 'eq'), ('gt', 'gt'), ('gte', 'gte'), ('lt', 'lt'), ('lte', 'lte'), ('approx', 'approx'), ('range', 'range')], max_length=8)),
                ('value', models.DecimalField(decimal_places=9, max_digits=30)),
                ('value_max', models.DecimalField(blank=True, decimal_places=9, max_digits=30, null=True)),
                ('unit', models.CharField(blank=True, default='', max_length=40)),
                ('canonical_value', models.DecimalField(blank=True, decimal_places=12, max_digits=48, null=True)),
                ('canonical_unit', models.CharField(blank=True, default='', max_length=40)),
                ('deadline', models.DateField(blank=True, null=True)),
                ('period', models.CharField(blank=True, default='', max_length=10)),
                ('aim', models.BooleanField(default=False, help_text='Striven for, not promised.')),
                ('section', models.CharField(blank=True, default='', max_length=200)),
                ('position', models.PositiveIntegerField(default=0)),
                ('baseline', models.DecimalField(blank=True, decimal_places=9, max_digits=30, null=True)),
                ('baseline_on', models.DateField(blank=True, null=True)),
                ('is_active', models.BooleanField(default=True)),
                ('published_at', models.DateTimeField(blank=True, null=True)),
                ('created_at', models.DateTimeField(default=qianhang.core.clock.now, editable=False)),
                ('finding', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='target', to='programme.finding')),
                ('owner', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.organisation', verbose_name='owner')),
                ('plan', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='targets', to='programme.plan')),
                ('task', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='targets', to='programme.programmetask')),
            ],
            options={
                'verbose_name': 'target',
                'ordering': ['position', 'id'],
            },
        ),
        migrations.CreateModel(
            name='Milestone',
            fields=[
                ('id', models.UUIDField(default=qianhang.core.clock.new_id, editable=False, primary_key=True, serialize=False)),
                ('text', models.CharField(max_length=1000)),
                ('kind', models.CharField(default='milestone', max_length=20)),
                ('deadline', models.DateField(blank=True, null=True)),
                ('value', models.DecimalField(blank=True, decimal_places=9, max_digits=30, null=True)),
                ('reached_on', models.DateField(blank=True, null=True)),
                ('is_active', models.BooleanField(default=True)),
                ('evidence', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='programme.evidence')),
                ('finding', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='milestone', to='programme.finding')),
                ('plan', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='milestones', to='programme.plan')),
                ('task', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='milestones', to='programme.programmetask')),
                ('target', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='milestones', to='programme.target')),
            ],
            options={
                'verbose_name': 'milestone',
                'ordering': ['deadline', 'id'],
            },
        ),
        migrations.CreateModel(
            name='Binding',
            fields=[
                ('id', models.UUIDField(default=qianhang.core.clock.new_id, editable=False, primary_key=True, serialize=False)),
                ('source', models.CharField(choices=[('measure', 'Counted by the platform'), ('manual', 'Reported with evidence'), ('outside', 'Fetched from outside')], max_length=8)),
                ('measure', models.CharField(blank=True, default='', help_text='The code of the measure.', max_length=80)),
                ('factor', models.DecimalField(decimal_places=30, default=1, max_digits=60)),
                ('bound_at', models.DateTimeField(default=qianhang.core.clock.now, editable=False)),
                ('ended_at', models.DateTimeField(blank=True, null=True)),
                ('bound_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('manual', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='programme.manualseries')),
                ('outside', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='programme.outsideseries')),
                ('target', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='bindings', to='programme.target')),
            ],
            options={
                'verbose_name': 'binding',
            },
        ),
        migrations.CreateModel(
            name='TaskDependency',
            fields=[
                ('id', models.UUIDField(default=qianhang.core.clock.new_id, editable=False, primary_key=True, serialize=False)),
                ('needs', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='needed_by', to='programme.programmetask')),
                ('task', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='dependencies', to='programme.programmetask')),
            ],
        ),
        migrations.CreateModel(
            name='TaskPerson',
            fields=[
                ('id', models.UUIDField(default=qianhang.core.clock.new_id, editable=False, primary_key=True, serialize=False)),
                ('added_at', models.DateTimeField(default=qianhang.core.clock.now, editable=False)),
                ('task', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='people', to='programme.programmetask')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='TaskResponsibility',
            fields=[
                ('id', models.UUIDField(default=qianhang.core.clock.new_id, editable=False, primary_key=True, serialize=False)),
                ('mode', models.CharField(blank=True, default='', max_length=40)),
                ('open_list', models.BooleanField(default=False, help_text='Others may belong to it.')),
                ('generic', models.CharField(blank=True, default='', max_length=200)),
                ('is_active', models.BooleanField(default=True)),
                ('finding', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='responsibility', to='programme.finding')),
                ('plan', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='programme.plan')),
                ('task', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='responsibilities', to='programme.programmetask')),
            ],
        ),
        migrations.CreateModel(
            name='ResponsibleUnit',
            fields=[
                ('id', models.UUIDField(default=qianhang.core.clock.new_id, editable=False, primary_key=True, serialize=False)),
                ('part', models.CharField(choices=[('lead', 'Lead'), ('cooperating', 'Cooperating'), ('responsible', 'Responsible')], max_length=12)),
                ('position', models.PositiveSmallIntegerField()),
                ('name', models.CharField(help_text='As written.', max_length=200)),
                ('agency', models.CharField(blank=True, default='', max_length=200)),
                ('organisation', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.organisation')),
                ('responsibility', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='units', to='programme.taskresponsibility')),
            ],
            options={
                'ordering': ['part', 'position'],
            },
        ),
        migrations.AddField(
            model_name='programmetask',
            name='covered_by',
            field=models.ForeignKey(blank=True, help_text='The list that names its units: its own, else the nearest one above it.', null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='covers', to='programme.taskresponsibility'),
        ),
        migrations.AddConstraint(
            model_name='evidence',
            constraint=models.UniqueConstraint(fields=('organisation', 'sha256', 'name'), name='programme_evidence_once'),
        ),
        migrations.AddConstraint(
            model_name='manualvalue',
            constraint=models.CheckConstraint(condition=models.Q(('reviewed_by__isnull', True), models.Q(('reviewed_by', models.F('recorded_by')), _negated=True), _connector='OR'), name='programme_four_eyes'),
        ),
        migrations.AddConstraint(
            model_name='manualvalue',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('reviewed_by__isnull', True), ('state', 'waiting')), models.Q(models.Q(('state', 'waiting'), _negated=True), ('reviewed_by__isnull', False)), _connector='OR'), name='programme_reviewed_by_somebody'),
        ),
        migrations.AddConstraint(
            model_name='outsideseries',
            constraint=models.CheckConstraint(condition=models.Q(('every_hours__gte', 1)), name='programme_fetch_hourly_at_most'),
        ),
        migrations.AddIndex(
            model_name='outsidevalue',
            index=models.Index(fields=['series', 'day', '-came_at'], name='programme_outside_day'),
        ),
        migrations.AddIndex(
            model_name='plan',
            index=models.Index(fields=['-created_at', '-id'], name='programme_plan_newest'),
        ),
        migrations.AddIndex(
            model_name='namedsystem',
            index=models.Index(fields=['plan', 'position'], name='programme_system_order'),
        ),
        migrations.AddIndex(
            model_name='plandocument',
            index=models.Index(fields=['sha256'], name='programme_document_hash'),
        ),
        migrations.AddConstraint(
            model_name='plandocument',
            constraint=models.UniqueConstraint(fields=('plan', 'version'), name='programme_document_version_once'),
        ),
        migrations.AddConstraint(
            model_name='plandocument',
            constraint=models.UniqueConstraint(fields=('plan', 'sha256'), name='programme_document_once'),
        ),
        migrations.AddIndex(
            model_name='finding',
            index=models.Index(fields=['plan', 'kind', 'position'], name='programme_finding_order'),
        ),
        migrations.AddConstraint(
            model_name='finding',
            constraint=models.UniqueConstraint(fields=('plan', 'key'), name='programme_finding_once'),
        ),
        migrations.AddConstraint(
            model_name='reminder',
            constraint=models.UniqueConstraint(fields=('task', 'day'), name='programme_reminder_once_a_day'),
        ),
        migrations.AddIndex(
            model_name='target',
            index=models.Index(fields=['plan', 'position'], name='programme_target_order'),
        ),
        migrations.AddConstraint(
            model_name='target',
            constraint=models.CheckConstraint(condition=models.Q(('value_max__isnull', True), ('value_max__gte', models.F('value')), _connector='OR'), name='programme_target_range_ordered'),
        ),
        migrations.AddConstraint(
            model_name='target',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('baseline__isnull', True), ('baseline_on__isnull', True)), models.Q(('baseline__isnull', False), ('baseline_on__isnull', False)), _connector='OR'), name='programme_baseline_has_a_day'),
        ),
        migrations.AddConstraint(
            model_name='binding',
            constraint=models.UniqueConstraint(condition=models.Q(('ended_at', None)), fields=('target',), name='programme_bound_once'),
        ),
        migrations.AddConstraint(
            model_name='binding',
            constraint=models.CheckConstraint(condition=models.Q(('factor__gt', 0)), name='programme_factor_positive'),
        ),
        migrations.AddConstraint(
            model_name='binding',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('source', 'measure'), models.Q(('measure', ''), _negated=True), ('manual', None), ('outside', None)), models.Q(('manual__isnull', False), ('measure', ''), ('outside', None), ('source', 'manual')), models.Q(('manual', None), ('measure', ''), ('outside__isnull', False), ('source', 'outside')), _connector='OR'), name='programme_binding_has_one_source'),
        ),
        migrations.AddConstraint(
            model_name='taskdependency',
            constraint=models.UniqueConstraint(fields=('task', 'needs'), name='programme_dependency_once'),
        ),
        migrations.AddConstraint(
            model_name='taskdependency',
            constraint=models.CheckConstraint(condition=models.Q(('task', models.F('needs')), _negated=True), name='programme_dependency_on_another'),
        ),
        migrations.AddConstraint(
            model_name='taskperson',
            constraint=models.UniqueConstraint(fields=('task', 'user'), name='programme_task_person_once'),
        ),
        migrations.AddIndex(
            model_name='responsibleunit',
            index=models.Index(fields=['organisation'], name='programme_unit_organisation'),
        ),
        migrations.AddConstraint(
            model_name='responsibleunit',
            constraint=models.UniqueConstraint(fields=('responsibility', 'part', 'position'), name='programme_unit_order'),
        ),
        migrations.AddIndex(
            model_name='programmetask',
            index=models.Index(fields=['plan', 'position'], name='programme_task_order'),
        ),
        migrations.AddIndex(
            model_name='programmetask',
            index=models.Index(fields=['owner', 'state'], name='programme_task_owner'),
        ),
        migrations.AddIndex(
            model_name='programmetask',
            index=models.Index(condition=models.Q(('is_active', True)), fields=['due_on'], name='programme_task_due'),
        ),
        migrations.AddConstraint(
            model_name='programmetask',
            constraint=models.CheckConstraint(condition=models.Q(('percent__lte', 100)), name='programme_percent_is_a_percent'),
        ),
        migrations.RunSQL(
            sql=sql_file("qianhang.programme", "observation.sql"),
            reverse_sql="DROP FUNCTION IF EXISTS programme_refuse CASCADE;",
        ),
    ]
