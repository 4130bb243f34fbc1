"""Make a link that sets a new password, for a person whom no e-mail reaches."""

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.db import transaction
from django.urls import reverse

from qianhang.core import audit
from qianhang.core.access import Actor
from qianhang.core.errors import Forbidden, NotFound

from ..models import User


@transaction.atomic
def make_password_link(*, actor: Actor, email: str) -> str:
    """The link's path. It works once, for as long as Django's PASSWORD_RESET_TIMEOUT, and until the password changes.

    Only whoever runs the platform, on its own machine, makes one. Raises: Forbidden, NotFound.
    """
    if not actor.is_system:
        raise Forbidden(permission="operator")
    user = User.objects.filter(email__iexact=email.strip(), is_active=True).first()
    if user is None:
        raise NotFound(what=User._meta.verbose_name)
    audit.record(actor=actor, action="person.password_link_made", subject="person", subject_id=user.pk)
    return reverse(
        "account_reset_password_from_key",
        kwargs={"uidb36": user_pk_to_url_str(user), "key": default_token_generator.make_token(user)},
    )
