"""Pages about the person, their organisation, its members and keys, and the office's register of organisations."""

from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST

from qianhang.core.access import Permission, Role, authorize
from qianhang.core.errors import DomainError, NotFound
from qianhang.core.web.pages import (
    Listing,
    actor_of,
    csv_response,
    local_stamp,
    remember,
    render_page,
    safe_next,
    show_problems,
    signed_in,
)

from . import portal_keys as credentials
from . import portal_register as register
from . import portal_views as views
from . import queries
from .forms import EditOrganisationForm, InviteForm, OrganisationForm, ProfileForm
from .invitation_mail import mail_invitation
from .rules.organisation_states import STILL_STATED, VERIFIED
from .services.accept_invitation import accept_invitation
from .services.change_role import change_role
from .services.edit_organisation import edit_organisation
from .services.invite_member import invite_member
from .services.register_organisation import register_organisation
from .services.remove_member import remove_member
from .services.revoke_invitation import revoke_invitation
from .services.switch_organisation import switch_organisation
from .services.update_profile import update_profile

GET_POST = ["GET", "HEAD", "POST"]

# The person ---------------------------------------------------------------------------------------------------


@require_POST
def set_language(request: HttpRequest) -> HttpResponse:
    """For visitors a cookie; for a signed-in person the profile too, so that the choice follows them."""
    language = request.POST.get("language", "")
    response = HttpResponseRedirect(safe_next(request, otherwise=reverse("home")))
    if language in dict(settings.LANGUAGES):
        if not actor_of(request).is_anonymous:
            update_profile(actor=actor_of(request), language=language)
        remember(response, name=settings.LANGUAGE_COOKIE_NAME, value=language)
    return response


@require_POST
def set_theme(request: HttpRequest) -> HttpResponse:
    theme = request.POST.get("theme", "")
    response = HttpResponseRedirect(safe_next(request, otherwise=reverse("home")))
    if theme in {"auto", "light", "dark"}:
        if not actor_of(request).is_anonymous:
            update_profile(actor=actor_of(request), theme="" if theme == "auto" else theme)
        remember(response, name=settings.THEME_COOKIE_NAME, value=theme)
    return response


@signed_in
@require_http_methods(GET_POST)
def profile(request: HttpRequest) -> HttpResponse:
    actor = actor_of(request)
    person = queries.person_of(actor=actor)
    if person is None:
        raise NotFound(what=_("person"))
    start = {"name": person.name, "language": translation.get_language(), "theme": person.theme}
    form = ProfileForm(request.POST or None, initial=start)
    if form.is_valid():
        try:
            update_profile(actor=actor, **form.cleaned_data)
        except DomainError as refusal:
            show_problems(form, refusal)
        else:
            translation.activate(form.cleaned_data["language"])
            messages.success(request, _("Saved."))
            response = redirect("settings")
            remember(response, name=settings.LANGUAGE_COOKIE_NAME, value=form.cleaned_data["language"])
            remember(response, name=settings.THEME_COOKIE_NAME, value=form.cleaned_data["theme"] or "auto")
            return response
    return render_page(
        request, "people/settings.html", {"form": form, "email": person.email}, title=gettext_lazy("Settings")
    )


@signed_in
@require_POST
def organisation_switch(request: HttpRequest) -> HttpResponse:
    switch_organisation(actor=actor_of(request), organisation_id=_uuid(request.POST.get("organisation", "")))
    return redirect("dashboard")


# The organisation ---------------------------------------------------------------------------------------------


@signed_in
@require_http_methods(GET_POST)
def organisation_new(request: HttpRequest) -> HttpResponse:
    form = OrganisationForm(request.POST or None)
    if form.is_valid():
        try:
            register_organisation(actor=actor_of(request), **form.cleaned_data)
        except DomainError as refusal:
            show_problems(form, refusal)
        else:
            messages.success(request, _("Registered. The programme office will check it."))
            return redirect("organisation")
    return render_page(
        request, "people/organisation_new.html", {"form": form}, title=gettext_lazy("Register an organisation")
    )


@signed_in
def organisation(request: HttpRequest) -> HttpResponse:
    actor = actor_of(request)
    if actor.organisation_id is None:
        return redirect("organisation_new")
    own = queries.organisation_of(actor=actor, organisation_id=actor.organisation_id)
    held = {Role(role): permissions for role, permissions in queries.role_permissions(kind=own.kind).items()}
    given = [permission for permission in Permission if any(permission in of for of in held.values())]
    matrix = [(permission, [permission in of for of in held.values()]) for permission in given]
    mine = next((one for one in queries.organisations_of(actor=actor) if one.is_current), None)
    return render_page(
        request,
        "people/organisation.html",
        {
            "organisation": own,
            "my_role": Role(mine.role).label if mine else "",
            "roles": list(held),
            "matrix": matrix,
            "may_edit": actor.may(Permission.ORGANISATION_EDIT),
            "members": queries.members_of(actor=actor).count(),
        },
        title=own.shown_name,
    )


@signed_in
@require_http_methods(GET_POST)
def organisation_edit(request: HttpRequest) -> HttpResponse:
    actor = actor_of(request)
    authorize(actor, Permission.ORGANISATION_EDIT)
    if actor.organisation_id is None:
        return redirect("organisation_new")
    own = queries.organisation_of(actor=actor, organisation_id=actor.organisation_id)
    fields = ("name", "name_en", "credit_code", "size_class", "registered_in")
    form = EditOrganisationForm(request.POST or None, initial={name: getattr(own, name) or "" for name in fields})
    if own.state not in STILL_STATED and not actor.may(Permission.ORGANISATION_VERIFY):
        form.fix(VERIFIED)
    if form.is_valid():
        try:
            edit_organisation(actor=actor, organisation_id=own.pk, **form.cleaned_data)
        except DomainError as refusal:
            show_problems(form, refusal)
        else:
            messages.success(request, _("Saved."))
            return redirect("organisation")
    return render_page(
        request,
        "people/organisation_edit.html",
        {"form": form, "organisation": own},
        title=gettext_lazy("Edit the organisation"),
    )


# Members and invitations --------------------------------------------------------------------------------------


@signed_in
@never_cache
@sensitive_variables("made", "address", "link")
@require_http_methods(GET_POST)
def members(request: HttpRequest) -> HttpResponseBase:
    actor = actor_of(request)
    authorize(actor, Permission.MEMBERS_MANAGE)
    form = InviteForm(request.POST or None)
    link = invited = ""
    if form.is_valid():
        try:
            made = invite_member(actor=actor, **form.cleaned_data)
        except DomainError as refusal:
            show_problems(form, refusal)
        else:
            invited, form = made.invitation.email, InviteForm()
            address = request.build_absolute_uri(reverse("invitation", args=[made.token]))
            if mail_invitation(made, link=address):
                messages.success(request, _("The invitation was sent to {email}.").format(email=invited))
            else:
                link = address
    listing = Listing.of(request, names=("q", "role"), choices={"role": Role.values})
    found = queries.members_of(actor=actor, q=listing.values.get("q", ""), role=listing.values.get("role", ""))
    if listing.wants_csv:
        header = (_("Person"), _("E-mail address"), _("Role"), _("Member since"))
        lines = ((str(one.user), one.user.email, one.get_role_display(), local_stamp(one.created_at)) for one in found)
        return csv_response("members.csv", header, lines)
    return render_page(
        request,
        "people/members.html",
        {
            "listing": listing,
            "form": form,
            "link": link,
            "invited": invited,
            "mail_failed": settings.SENDS_MAIL,
            "members": found,
            "invitations": queries.invitations_of(actor=actor),
            "roles": Role.choices,
        },
        title=gettext_lazy("Members"),
    )


@signed_in
@require_POST
def member_change(request: HttpRequest, membership_id: UUID) -> HttpResponse:
    change_role(actor=actor_of(request), membership_id=membership_id, role=request.POST.get("role", ""))
    messages.success(request, _("The role was changed."))
    return redirect("members")


@signed_in
@require_POST
def member_remove(request: HttpRequest, membership_id: UUID) -> HttpResponse:
    remove_member(actor=actor_of(request), membership_id=membership_id)
    messages.success(request, _("The member was removed."))
    return redirect("members")


@signed_in
@require_POST
def invitation_revoke(request: HttpRequest, invitation_id: UUID) -> HttpResponse:
    revoke_invitation(actor=actor_of(request), invitation_id=invitation_id)
    messages.success(request, _("The invitation was revoked."))
    return redirect("members")


@never_cache
@require_http_methods(GET_POST)
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """Where an invitation link leads: what is offered, then sign-in, then one button."""
    offer = queries.invitation_by_token(token=token)
    if offer is None:
        raise NotFound(what=_("invitation"))
    if request.method == "POST" and not actor_of(request).is_anonymous:
        joined = accept_invitation(actor=actor_of(request), token=token)
        switch_organisation(actor=actor_of(request), organisation_id=joined.organisation_id)
        messages.success(request, _("You are now a member of {name}.").format(name=offer.organisation_name))
        return redirect("dashboard")
    return render_page(
        request,
        "people/invitation.html",
        {"offer": offer, "role": Role(offer.role).label},
        title=gettext_lazy("Invitation"),
    )


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise NotFound(what=_("organisation")) from None


urlpatterns = [
    path("settings/", profile, name="settings"),
    path("settings/language", set_language, name="set_language"),
    path("settings/theme", set_theme, name="set_theme"),
    path("settings/organisation", organisation_switch, name="organisation_switch"),
    path("settings/views/save", views.view_save, name="view_save"),
    path("settings/views/forget", views.view_forget, name="view_forget"),
    path("organisation/", organisation, name="organisation"),
    path("organisation/edit", organisation_edit, name="organisation_edit"),
    path("organisation/members/", members, name="members"),
    path("organisation/members/<uuid:membership_id>/role", member_change, name="member_change"),
    path("organisation/members/<uuid:membership_id>/remove", member_remove, name="member_remove"),
    path("organisation/invitations/<uuid:invitation_id>/revoke", invitation_revoke, name="invitation_revoke"),
    path("organisation/keys/", credentials.keys, name="keys"),
    path("organisation/keys/selected/", credentials.key_bulk, name="key_bulk"),
    path("organisation/keys/new", credentials.key_new, name="key_new"),
    path("organisation/keys/<uuid:key_id>/revoke", credentials.key_revoke, name="key_revoke"),
    path("organisations/", register.organisation_list, name="organisation_list"),
    path("organisations/selected/", register.organisation_bulk, name="organisation_bulk"),
    path("organisations/new", organisation_new, name="organisation_new"),
    path("organisations/<uuid:organisation_id>/", register.organisation_review, name="organisation_review"),
    path("invitations/<str:token>/", invitation, name="invitation"),
]
