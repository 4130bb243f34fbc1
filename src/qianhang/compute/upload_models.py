"""Files that people sent, and which jobs name them."""

from typing import Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from qianhang.core.access import Actor, Permission, ScopedQuerySet
from qianhang.core.clock import new_id, now
from qianhang.core.people.models import Organisation, User


class UploadQuerySet(ScopedQuerySet["Upload"]):
    def visible_to(self, actor: Actor) -> Self:
        """What an organisation sent is its own: the programme office does not see it."""
        if actor.is_system:
            return self
        if actor.is_anonymous or actor.organisation_id is None or not actor.may(Permission.JOB_VIEW):
            return self.none()
        return self.filter(organisation_id=actor.organisation_id)


class Upload(models.Model):
    """A source archive or input file a person sent. Content-addressed by SHA-256 within the organisation."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    uploaded_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    name = models.CharField(max_length=200)
    stored_as = models.CharField(max_length=200)
    bytes = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)
    content_type = models.CharField(max_length=80, help_text=_("As seen in the first bytes, not as claimed."))
    created_at = models.DateTimeField(default=now, editable=False)
    last_sent_at = models.DateTimeField(
        default=now,
        editable=False,
        help_text=_("When it was last sent; from here counts how long it stays unused."),
    )

    objects = UploadQuerySet.as_manager()

    class Meta:
        verbose_name = _("upload")
        constraints = [models.UniqueConstraint(fields=["organisation", "sha256", "name"], name="compute_upload_once")]
        indexes = [models.Index(fields=["last_sent_at"], name="compute_upload_age")]


class JobUpload(models.Model):
    """A job that names an upload, as its source or an input. While one does, the file is kept."""

    job = models.ForeignKey("compute.Job", on_delete=models.PROTECT, related_name="+")
    upload = models.ForeignKey(Upload, on_delete=models.PROTECT, related_name="jobs")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["job", "upload"], name="compute_job_upload_once")]
