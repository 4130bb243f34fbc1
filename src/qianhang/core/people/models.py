"""People, organisations, memberships, invitations and API keys."""

from typing import Any, ClassVar, Self

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from qianhang.core.access import Actor, OrganisationKind, Permission, Role, ScopedQuerySet
from qianhang.core.clock import new_id, now
from qianhang.core.web.language import in_reader_language


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email__iexact=username)


class User(AbstractBaseUser):
    """A person. What they may do comes from their memberships alone; there is no superuser flag."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    email = models.EmailField(_("e-mail address"), unique=True)
    name = models.CharField(_("name"), max_length=120)
    is_active = models.BooleanField(default=True)
    language = models.CharField(max_length=10, blank=True, default="")
    theme = models.CharField(max_length=10, blank=True, default="")
    current_organisation = models.ForeignKey(
        "Organisation", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    # Beside the person and not in a table: every page loads the person anyway, so showing them costs no query.
    saved_views = models.JSONField(default=list, blank=True)
    created_at = models.DateTimeField(default=now, editable=False)

    objects = UserManager()

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    class Meta:
        verbose_name = _("person")
        constraints = [models.UniqueConstraint(Lower("email"), name="people_user_email_ci")]

    def __str__(self) -> str:
        return self.name or self.email


class OrganisationState(models.TextChoices):
    REGISTERED = "registered", _("Waiting for verification")
    ACTIVE = "active", _("Active")
    REJECTED = "rejected", _("Not verified")
    SUSPENDED = "suspended", _("Suspended")


class SizeClass(models.TextChoices):
    """Size classes of the Chinese statistical standard for enterprises (large, medium, small, micro)."""

    LARGE = "large", _("Large")
    MEDIUM = "medium", _("Medium")
    SMALL = "small", _("Small")
    MICRO = "micro", _("Micro")


class OrganisationQuerySet(ScopedQuerySet["Organisation"]):
    def visible_to(self, actor: Actor) -> Self:
        if actor.is_system or actor.may(Permission.ORGANISATION_VERIFY) or actor.may(Permission.QUEUE_VIEW):
            return self
        if actor.organisation_id is None or not actor.may(Permission.ORGANISATION_VIEW):
            return self.none()
        return self.filter(id=actor.organisation_id)


class Organisation(models.Model):
    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    kind = models.CharField(max_length=24, choices=OrganisationKind.choices)
    state = models.CharField(max_length=16, choices=OrganisationState.choices, default=OrganisationState.REGISTERED)
    state_reason = models.CharField(max_length=500, blank=True, default="")
    name = models.CharField(_("name"), max_length=200)
    name_en = models.CharField(_("English name"), max_length=200, blank=True, default="")
    credit_code = models.CharField(_("unified social credit code"), max_length=18, null=True, blank=True, unique=True)
    size_class = models.CharField(max_length=8, choices=SizeClass.choices, blank=True, default="")
    registered_in = models.CharField(_("place of registration"), max_length=120, blank=True, default="")
    is_demo = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=now, editable=False)

    objects = OrganisationQuerySet.as_manager()

    class Meta:
        verbose_name = _("organisation")
        ordering = ["name", "id"]

    def __str__(self) -> str:
        return self.name

    @property
    def shown_name(self) -> str:
        """For a page: the English name for those who read English, where there is one."""
        return in_reader_language(self.name, self.name_en)


class MembershipQuerySet(ScopedQuerySet["Membership"]):
    def visible_to(self, actor: Actor) -> Self:
        if actor.is_system or actor.may(Permission.ORGANISATION_VERIFY):
            return self
        if actor.is_anonymous or actor.organisation_id is None:
            return self.none()
        return self.filter(organisation_id=actor.organisation_id)


class Membership(models.Model):
    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=16, choices=Role.choices)
    created_at = models.DateTimeField(default=now, editable=False)

    objects = MembershipQuerySet.as_manager()

    class Meta:
        verbose_name = _("membership")
        ordering = ["created_at"]
        constraints = [models.UniqueConstraint(fields=["user", "organisation"], name="people_membership_once")]


class InvitationQuerySet(ScopedQuerySet["Invitation"]):
    def visible_to(self, actor: Actor) -> Self:
        if actor.is_system or actor.may(Permission.ORGANISATION_VERIFY):
            return self
        if actor.organisation_id is None or not actor.may(Permission.MEMBERS_MANAGE):
            return self.none()
        return self.filter(organisation_id=actor.organisation_id)


class Invitation(models.Model):
    """An offer to join. Only the SHA-256 of the token is stored."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="invitations")
    email = models.EmailField()
    role = models.CharField(max_length=16, choices=Role.choices)
    token_hash = models.BinaryField(max_length=32, unique=True)
    invited_by = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    created_at = models.DateTimeField(default=now, editable=False)
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = InvitationQuerySet.as_manager()

    class Meta:
        verbose_name = _("invitation")


class ApiKeyQuerySet(ScopedQuerySet["ApiKey"]):
    def visible_to(self, actor: Actor) -> Self:
        if actor.is_system:
            return self
        if actor.is_anonymous or actor.organisation_id is None:
            return self.none()
        own = self.filter(organisation_id=actor.organisation_id)
        return own if actor.may(Permission.MEMBERS_MANAGE) else own.filter(user_id=actor.user_id)


class ApiKey(models.Model):
    """A key acts as its person in one organisation, cut down to its scopes. Only the secret's SHA-256 is stored:
    the secret has 256 random bits, so a slow password hash would add cost and no strength."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="api_keys")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="api_keys")
    name = models.CharField(_("name"), max_length=80)
    prefix = models.CharField(max_length=12, help_text=_("The first characters, to recognise the key by."))
    secret_hash = models.BinaryField(max_length=32, unique=True)
    scopes = models.JSONField(default=list)
    created_at = models.DateTimeField(default=now, editable=False)
    expires_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = ApiKeyQuerySet.as_manager()

    class Meta:
        verbose_name = _("API key")
        ordering = ["-created_at"]
