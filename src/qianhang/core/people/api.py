"""REST: who am I, organisations, members, invitations, keys."""

from uuid import UUID

from django.urls import reverse
from ninja import Query, Router, Status

from qianhang.core.access import OrganisationKind
from qianhang.core.web.paging import Page, PageOf, PageQuery, paginate
from qianhang.core.web.requests import ActorRequest

from . import audit_api, queries
from .invitation_mail import mail_invitation
from .models import ApiKey, Organisation, OrganisationState
from .services.accept_invitation import accept_invitation
from .services.change_role import change_role
from .services.create_api_key import create_api_key
from .services.edit_organisation import edit_organisation
from .services.invite_member import invite_member
from .services.register_organisation import register_organisation
from .services.reinstate_organisation import reinstate_organisation
from .services.reject_organisation import reject_organisation
from .services.remove_member import remove_member
from .services.revoke_api_key import revoke_api_key
from .services.revoke_invitation import revoke_invitation
from .services.suspend_organisation import suspend_organisation
from .services.switch_organisation import switch_organisation
from .services.verify_organisation import verify_organisation
from .shapes import (
    AcceptIn,
    DecisionIn,
    InvitationIn,
    InvitationOut,
    KeyIn,
    KeyOut,
    MemberOut,
    MeOut,
    NewInvitationOut,
    NewKeyOut,
    OrganisationIn,
    OrganisationOut,
    OrganisationPatch,
    RoleIn,
    StandingOut,
    new_key_out,
)

router = Router()
router.add_router("", audit_api.router)


@router.get("/me", response=MeOut, tags=["people"])
def me(request: ActorRequest) -> MeOut:
    """Who this request acts as, and what it may do."""
    actor = request.actor
    return MeOut(
        kind=actor.kind,
        user_id=actor.user_id,
        name=actor.name,
        api_key_id=actor.api_key_id,
        organisation_id=actor.organisation_id,
        permissions=sorted(actor.permissions),
        organisations=[StandingOut.from_orm(one) for one in queries.organisations_of(actor=actor)],
    )


@router.get("/organisations", response=PageOf[OrganisationOut], tags=["organisations"])
def list_organisations(
    request: ActorRequest,
    page: Query[PageQuery],
    state: OrganisationState | None = None,
    kind: OrganisationKind | None = None,
    q: str = "",
) -> Page[Organisation]:
    """Organisations this actor may see, newest first."""
    rows = queries.organisations(actor=request.actor, state=state or "", kind=kind or "", q=q)
    return paginate(rows, key="pk", cursor=page.cursor, limit=page.limit)


@router.post("/organisations", response={201: OrganisationOut}, tags=["organisations"])
def register(request: ActorRequest, wish: OrganisationIn) -> Status[Organisation]:
    """Register an organisation; its owner is whoever registers it. Needs a signed-in person."""
    fields = wish.dict() | {"size_class": wish.size_class or ""}
    return Status(201, register_organisation(actor=request.actor, **fields))


@router.get("/organisations/{organisation_id}", response=OrganisationOut, tags=["organisations"])
def get_organisation(request: ActorRequest, organisation_id: UUID) -> Organisation:
    return queries.organisation_of(actor=request.actor, organisation_id=organisation_id)


@router.patch("/organisations/{organisation_id}", response=OrganisationOut, tags=["organisations"])
def patch_organisation(request: ActorRequest, organisation_id: UUID, change: OrganisationPatch) -> Organisation:
    """Change what is given. After verification an organisation can change its English name alone; the programme office
    can correct the rest."""
    return edit_organisation(actor=request.actor, organisation_id=organisation_id, **change.dict())


@router.post("/organisations/{organisation_id}/verify", response=OrganisationOut, tags=["organisations"])
def verify(request: ActorRequest, organisation_id: UUID, decision: DecisionIn) -> Organisation:
    return verify_organisation(actor=request.actor, organisation_id=organisation_id, reason=decision.reason)


@router.post("/organisations/{organisation_id}/reject", response=OrganisationOut, tags=["organisations"])
def reject(request: ActorRequest, organisation_id: UUID, decision: DecisionIn) -> Organisation:
    return reject_organisation(actor=request.actor, organisation_id=organisation_id, reason=decision.reason)


@router.post("/organisations/{organisation_id}/suspend", response=OrganisationOut, tags=["organisations"])
def suspend(request: ActorRequest, organisation_id: UUID, decision: DecisionIn) -> Organisation:
    return suspend_organisation(actor=request.actor, organisation_id=organisation_id, reason=decision.reason)


@router.post("/organisations/{organisation_id}/reinstate", response=OrganisationOut, tags=["organisations"])
def reinstate(request: ActorRequest, organisation_id: UUID, decision: DecisionIn) -> Organisation:
    return reinstate_organisation(actor=request.actor, organisation_id=organisation_id, reason=decision.reason)


@router.post("/organisations/{organisation_id}/switch", response=OrganisationOut, tags=["organisations"])
def switch(request: ActorRequest, organisation_id: UUID) -> Organisation:
    """Act for this organisation from now on. Needs a signed-in person."""
    return switch_organisation(actor=request.actor, organisation_id=organisation_id)


@router.get("/members", response=PageOf[MemberOut], tags=["members"])
def list_members(request: ActorRequest, page: Query[PageQuery]) -> Page[MemberOut]:
    """Members of the actor's organisation."""
    found = paginate(
        queries.members_of(actor=request.actor), key="pk", newest_first=False, cursor=page.cursor, limit=page.limit
    )
    return Page([MemberOut.of(row) for row in found.items], found.next)


@router.patch("/members/{membership_id}", response=MemberOut, tags=["members"])
def patch_member(request: ActorRequest, membership_id: UUID, change: RoleIn) -> MemberOut:
    return MemberOut.of(change_role(actor=request.actor, membership_id=membership_id, role=change.role))


@router.delete("/members/{membership_id}", response={204: None}, tags=["members"])
def delete_member(request: ActorRequest, membership_id: UUID) -> Status[None]:
    """Remove a member, or leave."""
    remove_member(actor=request.actor, membership_id=membership_id)
    return Status(204, None)


@router.get("/invitations", response=PageOf[InvitationOut], tags=["members"])
def list_invitations(request: ActorRequest, page: Query[PageQuery]) -> Page[InvitationOut]:
    found = paginate(queries.invitations_of(actor=request.actor), key="pk", cursor=page.cursor, limit=page.limit)
    return Page([InvitationOut.of(row) for row in found.items], found.next)


@router.post("/invitations", response={201: NewInvitationOut}, tags=["members"])
def invite(request: ActorRequest, wish: InvitationIn) -> Status[NewInvitationOut]:
    """Invite someone by e-mail address. The token is in this answer only, or in the e-mail alone."""
    request.answer_is_secret = True
    made = invite_member(actor=request.actor, email=wish.email, role=wish.role)
    link = request.build_absolute_uri(reverse("invitation", args=[made.token]))
    sent = mail_invitation(made, link=link)
    shown = InvitationOut.of(made.invitation).dict()
    return Status(201, NewInvitationOut(**shown, sent=sent, token=None if sent else made.token))


@router.post("/invitations/accept", response=MemberOut, tags=["members"])
def accept(request: ActorRequest, proof: AcceptIn) -> MemberOut:
    """Become a member. Needs the signed-in person the invitation was sent to."""
    return MemberOut.of(accept_invitation(actor=request.actor, token=proof.token))


@router.delete("/invitations/{invitation_id}", response={204: None}, tags=["members"])
def delete_invitation(request: ActorRequest, invitation_id: UUID) -> Status[None]:
    revoke_invitation(actor=request.actor, invitation_id=invitation_id)
    return Status(204, None)


@router.get("/keys", response=PageOf[KeyOut], tags=["keys"])
def list_keys(request: ActorRequest, page: Query[PageQuery]) -> Page[KeyOut]:
    """One's own keys in this organisation; with members.manage everyone's."""
    found = paginate(queries.keys_of(actor=request.actor), key="pk", cursor=page.cursor, limit=page.limit)
    return Page([KeyOut.of(row) for row in found.items], found.next)


@router.post("/keys", response={201: NewKeyOut}, tags=["keys"])
def create_key(request: ActorRequest, wish: KeyIn) -> Status[NewKeyOut]:
    """Create an API key. Needs a signed-in person who proved who they are within ten minutes.

    The secret is in this answer only.
    """
    request.answer_is_secret = True
    made = create_api_key(actor=request.actor, name=wish.name, scopes=wish.scopes, expires_at=wish.expires_at)
    return Status(201, new_key_out(made.key, secret=made.secret))


@router.delete("/keys/{key_id}", response=KeyOut, tags=["keys"])
def delete_key(request: ActorRequest, key_id: UUID) -> KeyOut:
    """Revoke a key; the next request that uses it is refused."""
    key: ApiKey = revoke_api_key(actor=request.actor, key_id=key_id)
    return KeyOut.of(key)
