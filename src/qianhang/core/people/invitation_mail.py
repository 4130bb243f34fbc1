"""The e-mail that brings an invitation's link to whom it is for."""

import smtplib

import structlog
from django.conf import settings
from django.core.mail import send_mail
from django.utils import translation
from django.utils.translation import gettext as _

from qianhang.core.access import Role

from .models import User
from .services.invite_member import NewInvitation

log = structlog.get_logger("qianhang.people")


def mail_invitation(made: NewInvitation, *, link: str) -> bool:
    """Sends `link` in the reader's language, or else in the inviter's. It is a secret: nothing of it is logged.

    False if this installation sends no e-mail, or the server did not take it: the inviter then passes the link on.
    """
    if not settings.SENDS_MAIL:
        return False
    invitation = made.invitation
    known = User.objects.filter(email__iexact=invitation.email).values_list("language", flat=True).first()
    with translation.override(known or translation.get_language()):
        # One line each, whatever somebody has put into a name.
        organisation = " ".join(invitation.organisation.shown_name.split())
        inviter = " ".join(str(invitation.invited_by).split())
        text = "\n\n".join(
            [
                _("{inviter} invites you to join {organisation} as {role}.").format(
                    inviter=inviter, organisation=organisation, role=Role(invitation.role).label
                ),
                _("Open this address to accept. It stands for seven days:"),
                link,
                _("If you know nothing of this, there is nothing you need to do."),
            ]
        )
        subject = _("Invitation to {organisation}").format(organisation=organisation)
        try:
            send_mail(subject=subject, message=text, from_email=None, recipient_list=[invitation.email])
        except (OSError, smtplib.SMTPException) as error:
            log.warning("invitation not mailed", invitation=str(invitation.pk), why=type(error).__name__)
            return False
    return True
