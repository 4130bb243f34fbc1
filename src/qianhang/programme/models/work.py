"""The tasks a plan gives out, who owns them, what was reported, and the systems it names."""

import uuid
from typing import Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from qianhang.core.access import Actor, Permission, ScopedQuerySet
from qianhang.core.clock import new_id, now
from qianhang.core.people.models import Organisation, User

from ..labels import SYSTEM_STATE_CHOICES, TASK_STATE_CHOICES
from ..rules.states import SystemState, TaskState
from .evidence import Evidence
from .findings import Finding
from .plans import Plan
from .targets import Target


class TaskQuerySet(ScopedQuerySet["ProgrammeTask"]):
    def visible_to(self, actor: Actor) -> Self:
        """The programme office all; a department those it owns or is named in; everyone those of published plans."""
        if actor.is_system or actor.may(Permission.PLAN_OVERSEE):
            return self
        seen = models.Q(plan__published_at__isnull=False)
        if actor.organisation_id is not None and actor.may(Permission.PLAN_VIEW):
            seen |= models.Q(owner=actor.organisation_id) | _named(actor.organisation_id)
        return self.filter(seen)

    def of_unit(self, organisation_id: uuid.UUID) -> Self:
        """Those an organisation owns or is named in."""
        return self.filter(models.Q(owner=organisation_id) | _named(organisation_id), is_active=True)

    def active(self) -> Self:
        return self.filter(is_active=True)


def _named(organisation_id: uuid.UUID) -> models.Q:
    named = models.Exists(
        ResponsibleUnit.objects.filter(responsibility=models.OuterRef("covered_by"), organisation=organisation_id)
    )
    return models.Q(named)


class ProgrammeTask(models.Model):
    """One task of the plan's tree. `people`, `reports`, `milestones` and `dependencies` hang on it."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="tasks")
    finding = models.OneToOneField(Finding, on_delete=models.PROTECT, related_name="task")
    parent = models.ForeignKey("self", null=True, blank=True, on_delete=models.SET_NULL, related_name="children")
    path = models.CharField(max_length=200)
    number = models.CharField(max_length=40, blank=True, default="")
    title = models.CharField(max_length=300)
    body = models.TextField(blank=True, default="")
    kind = models.CharField(max_length=20, default="numbered")
    position = models.PositiveIntegerField(default=0)
    owner = models.ForeignKey(
        Organisation, null=True, blank=True, on_delete=models.PROTECT, related_name="programme_tasks"
    )
    covered_by = models.ForeignKey(
        "TaskResponsibility",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="covers",
        help_text=_("The list that names its units: its own, else the nearest one above it."),
    )
    state = models.CharField(max_length=12, choices=TASK_STATE_CHOICES, default=TaskState.NOT_STARTED)
    state_reason = models.CharField(max_length=500, blank=True, default="")
    starts_on = models.DateField(null=True, blank=True)
    due_on = models.DateField(null=True, blank=True)
    percent = models.PositiveSmallIntegerField(default=0, help_text=_("As last reported, 0 to 100."))
    changed_at = models.DateTimeField(default=now)
    is_active = models.BooleanField(default=True)

    objects = TaskQuerySet.as_manager()

    class Meta:
        verbose_name = _("task")
        ordering = ["position", "id"]
        constraints = [
            models.CheckConstraint(condition=models.Q(percent__lte=100), name="programme_percent_is_a_percent")
        ]
        indexes = [
            models.Index(fields=["plan", "position"], name="programme_task_order"),
            models.Index(fields=["owner", "state"], name="programme_task_owner"),
            models.Index(fields=["due_on"], name="programme_task_due", condition=models.Q(is_active=True)),
        ]

    def __str__(self) -> str:
        return self.title


class TaskPerson(models.Model):
    """A person who works on a task for its owner, or is to be reminded."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    task = models.ForeignKey(ProgrammeTask, on_delete=models.CASCADE, related_name="people")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    added_at = models.DateTimeField(default=now, editable=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["task", "user"], name="programme_task_person_once")]


class TaskDependency(models.Model):
    """`task` cannot be done before `needs` is. No cycles (rules/dependencies.py)."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    task = models.ForeignKey(ProgrammeTask, on_delete=models.CASCADE, related_name="dependencies")
    needs = models.ForeignKey(ProgrammeTask, on_delete=models.CASCADE, related_name="needed_by")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["task", "needs"], name="programme_dependency_once"),
            models.CheckConstraint(condition=~models.Q(task=models.F("needs")), name="programme_dependency_on_another"),
        ]


class TaskResponsibility(models.Model):
    """Who the plan names for a task, in its own words and order."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="+")
    finding = models.OneToOneField(Finding, on_delete=models.PROTECT, related_name="responsibility")
    task = models.ForeignKey(ProgrammeTask, null=True, on_delete=models.SET_NULL, related_name="responsibilities")
    mode = models.CharField(max_length=40, blank=True, default="")
    open_list = models.BooleanField(default=False, help_text=_("Others may belong to it."))
    generic = models.CharField(max_length=200, blank=True, default="")
    is_active = models.BooleanField(default=True)


class ResponsibleUnit(models.Model):
    """One unit of such a list; `agency` is its entry in the register of agencies, `organisation` ours."""

    class Part(models.TextChoices):
        LEAD = "lead", _("Lead")
        COOPERATING = "cooperating", _("Cooperating")
        RESPONSIBLE = "responsible", _("Responsible")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    responsibility = models.ForeignKey(TaskResponsibility, on_delete=models.CASCADE, related_name="units")
    part = models.CharField(max_length=12, choices=Part.choices)
    position = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=200, help_text=_("As written."))
    agency = models.CharField(max_length=200, blank=True, default="")
    organisation = models.ForeignKey(Organisation, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["part", "position"]
        constraints = [
            models.UniqueConstraint(fields=["responsibility", "part", "position"], name="programme_unit_order")
        ]
        indexes = [models.Index(fields=["organisation"], name="programme_unit_organisation")]


class Milestone(models.Model):
    """What is to be so by a date, without a number to count; a stage value of a target where `target` is set."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="milestones")
    finding = models.OneToOneField(Finding, null=True, blank=True, on_delete=models.PROTECT, related_name="milestone")
    task = models.ForeignKey(ProgrammeTask, null=True, blank=True, on_delete=models.SET_NULL, related_name="milestones")
    target = models.ForeignKey(Target, null=True, blank=True, on_delete=models.CASCADE, related_name="milestones")
    text = models.CharField(max_length=1000)
    kind = models.CharField(max_length=20, default="milestone")
    deadline = models.DateField(null=True, blank=True)
    value = models.DecimalField(max_digits=30, decimal_places=9, null=True, blank=True)
    reached_on = models.DateField(null=True, blank=True)
    evidence = models.ForeignKey(Evidence, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    is_active = models.BooleanField(default=True)

    class Meta:
        verbose_name = _("milestone")
        ordering = ["deadline", "id"]


class ProgressReport(models.Model):
    """What an owner reported about a task. Never changed; a later report says more."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    task = models.ForeignKey(ProgrammeTask, on_delete=models.PROTECT, related_name="reports")
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    percent = models.PositiveSmallIntegerField()
    text = models.CharField(max_length=4000)
    evidence = models.ManyToManyField(Evidence, related_name="+")
    made_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    made_by_name = models.CharField(max_length=160)
    made_at = models.DateTimeField(default=now, editable=False)

    class Meta:
        verbose_name = _("progress report")
        ordering = ["-made_at", "-id"]


class Reminder(models.Model):
    """That an owner was reminded of a task, at most once a day."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    task = models.ForeignKey(ProgrammeTask, on_delete=models.CASCADE, related_name="reminders")
    day = models.DateField()
    reason = models.CharField(max_length=20)
    people = models.PositiveSmallIntegerField(default=0)
    sent_at = models.DateTimeField(default=now, editable=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["task", "day"], name="programme_reminder_once_a_day")]


class ExpertOpinion(models.Model):
    """What a member of the expert committee says about a plan or one of its tasks. Never changed."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="opinions")
    task = models.ForeignKey(ProgrammeTask, null=True, blank=True, on_delete=models.PROTECT, related_name="opinions")
    verdict = models.CharField(
        max_length=12,
        choices=[("support", _("Supports")), ("concern", _("Has concerns")), ("oppose", _("Opposes"))],
    )
    text = models.CharField(max_length=4000)
    given_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    given_by_name = models.CharField(max_length=160)
    organisation = models.ForeignKey(Organisation, null=True, on_delete=models.PROTECT, related_name="+")
    given_at = models.DateTimeField(default=now, editable=False)

    class Meta:
        verbose_name = _("opinion")
        ordering = ["-given_at", "-id"]


class SystemQuerySet(ScopedQuerySet["NamedSystem"]):
    def visible_to(self, actor: Actor) -> Self:
        """The register belongs to the plan: whoever sees the plan sees what it is to build."""
        if actor.is_system or actor.may(Permission.PLAN_OVERSEE):
            return self
        return self.filter(plan__in=Plan.objects.visible_to(actor))

    def active(self) -> Self:
        return self.filter(is_active=True)


class NamedSystem(models.Model):
    """A platform, institution or pilot that the plan names, and how far it is built."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="systems")
    finding = models.OneToOneField(Finding, on_delete=models.PROTECT, related_name="system")
    name = models.CharField(max_length=300)
    type = models.CharField(max_length=60, blank=True, default="")
    domain = models.CharField(max_length=80, blank=True, default="")
    action = models.CharField(max_length=80, blank=True, default="")
    is_named = models.BooleanField(default=True)
    room = models.CharField(max_length=40, default="outside")
    state = models.CharField(max_length=12, choices=SYSTEM_STATE_CHOICES, default=SystemState.PLANNED)
    address = models.URLField(max_length=500, blank=True, default="")
    note = models.CharField(max_length=1000, blank=True, default="")
    evidence = models.ForeignKey(Evidence, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    position = models.PositiveIntegerField(default=0)
    changed_at = models.DateTimeField(default=now)
    is_active = models.BooleanField(default=True)

    objects = SystemQuerySet.as_manager()

    class Meta:
        verbose_name = _("named system")
        ordering = ["position", "id"]
        indexes = [models.Index(fields=["plan", "position"], name="programme_system_order")]

    def __str__(self) -> str:
        return self.name
