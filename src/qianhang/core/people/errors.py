"""Refusals about people and organisations."""

from django.utils.translation import gettext_lazy as _

from qianhang.core.errors import DomainError


class NotThisState(DomainError):
    code, status = "organisation_state", 409
    message = _("An organisation that is {before} cannot become {after}.")


class CreditCodeTaken(DomainError):
    code, status = "credit_code_taken", 409
    message = _("This unified social credit code is registered already. Ask that organisation's owner to invite you.")


class TooManyApplications(DomainError):
    code, status = "too_many_applications", 409
    message = _("{count} of your registrations still wait for verification. Wait for an answer first.")


class PersonsOnly(DomainError):
    code, status = "persons_only", 403
    message = _("Only a signed-in person can do this, not an API key.")


class LastOwner(DomainError):
    code, status = "last_owner", 409
    message = _("An organisation keeps at least one owner. Make someone else owner first.")


class OwnersOnly(DomainError):
    code, status = "owners_only", 403
    message = _("Only an owner can give, change or take the role of owner.")


class BeyondThisKey(DomainError):
    code, status = "beyond_this_key", 403
    message = _("An API key gives no role that may do more than the key itself.")


class AlreadyMember(DomainError):
    code, status = "already_member", 409
    message = _("{email} is a member already.")


class AlreadyInvited(DomainError):
    code, status = "already_invited", 409
    message = _("{email} has an invitation that still stands. Revoke it to send a new one.")


class InvitationUnusable(DomainError):
    code, status = "invitation_unusable", 409
    message = _("This invitation has expired, was revoked or was used.")


class InvitationForSomeoneElse(DomainError):
    code, status = "invitation_for_someone_else", 403
    message = _("This invitation was sent to another e-mail address. Sign in with that address.")


class KeyRevokedAlready(DomainError):
    code, status = "key_revoked", 409
    message = _("This key was revoked already.")


class TooManyViews(DomainError):
    code, status = "too_many_views", 409
    message = _("You have {most} saved views already. Forget one first.")


class IdentityProviderSilent(DomainError):
    code, status = "identity_provider_silent", 502
    message = _("The sign-in service did not answer as expected. Try again in a moment, or sign in with a password.")


class MailNotSent(DomainError):
    code, status = "mail_not_sent", 503
    message = _("The e-mail could not be sent. Try again later, or tell whoever runs this platform.")


class NoMailHere(DomainError):
    code, status = "no_mail_here", 409
    message = _("This platform sends no e-mail. Ask whoever runs it for a link that sets a new password.")
