import threading
from datetime import timedelta

import pytest
from django.db import connections
from tests.core.actors import actor_for, make_person, make_secret, make_user

from qianhang.core.access import Actor, Role
from qianhang.core.audit.models import AuditEntry
from qianhang.core.clock import now
from qianhang.core.errors import Forbidden, InvalidInput, NotFound, Unauthenticated
from qianhang.core.people.errors import (
    AlreadyInvited,
    AlreadyMember,
    BeyondThisKey,
    InvitationForSomeoneElse,
    InvitationUnusable,
    LastOwner,
    OwnersOnly,
    PersonsOnly,
)
from qianhang.core.people.identity import actor_of_key
from qianhang.core.people.models import ApiKey, Invitation, Membership
from qianhang.core.people.services.accept_invitation import accept_invitation
from qianhang.core.people.services.change_role import change_role
from qianhang.core.people.services.invite_member import invite_member
from qianhang.core.people.services.remove_member import remove_member
from qianhang.core.people.services.revoke_invitation import revoke_invitation
from qianhang.core.web.errors import InvalidApiKey

pytestmark = pytest.mark.django_db


def written() -> tuple[int, ...]:
    return tuple(model.objects.count() for model in (Membership, Invitation, AuditEntry))


def add(organisation, role: str):
    """Another member: (user, membership, actor)."""
    user, _organisation, actor = make_person(role=role, organisation=organisation)
    return user, Membership.objects.get(user=user), actor


def test_an_invited_person_joins_with_the_role_and_acts_there():
    _user, organisation, owner = make_person()
    made = invite_member(actor=owner, email="New@Example.CN", role="developer")
    newcomer = make_user("new@example.cn")
    membership = accept_invitation(actor=actor_for(newcomer), token=made.token)
    assert (membership.role, membership.organisation_id) == ("developer", organisation.pk)
    assert actor_for(newcomer).organisation_id == organisation.pk
    assert list(AuditEntry.objects.order_by("seq").values_list("action", flat=True)) == [
        "member.invited",
        "member.joined",
    ]
    assert made.token not in str(Invitation.objects.values())


def test_a_token_works_once_for_one_person_until_it_expires_or_is_revoked():
    _user, _organisation, owner = make_person()
    made = invite_member(actor=owner, email="new@example.cn", role="viewer")
    newcomer, other = make_user("new@example.cn"), make_user("other@example.cn")
    before = written()
    with pytest.raises(InvitationForSomeoneElse):
        accept_invitation(actor=actor_for(other), token=made.token)
    with pytest.raises(NotFound):
        accept_invitation(actor=actor_for(newcomer), token=made.token + "x")
    with pytest.raises(Unauthenticated):
        accept_invitation(actor=Actor.anonymous(), token=made.token)
    with pytest.raises(PersonsOnly):
        accept_invitation(actor=Actor.system("x"), token=made.token)
    Invitation.objects.update(expires_at=now())
    with pytest.raises(InvitationUnusable):
        accept_invitation(actor=actor_for(newcomer), token=made.token)
    Invitation.objects.update(expires_at=now() + timedelta(days=1))
    assert written() == before
    accept_invitation(actor=actor_for(newcomer), token=made.token)
    with pytest.raises(InvitationUnusable):
        accept_invitation(actor=actor_for(newcomer), token=made.token)


def test_a_revoked_invitation_is_dead():
    _user, _organisation, owner = make_person()
    made = invite_member(actor=owner, email="new@example.cn", role="viewer")
    revoke_invitation(actor=owner, invitation_id=made.invitation.pk)
    with pytest.raises(InvitationUnusable):
        accept_invitation(actor=actor_for(make_user("new@example.cn")), token=made.token)
    with pytest.raises(InvitationUnusable):
        revoke_invitation(actor=owner, invitation_id=made.invitation.pk)


@pytest.mark.parametrize(
    ("role", "email", "wanted", "refusal"),
    [
        ("viewer", "a@example.cn", "viewer", Forbidden),
        ("developer", "a@example.cn", "viewer", Forbidden),
        ("admin", "a@example.cn", "owner", OwnersOnly),
        ("owner", "not an address", "viewer", InvalidInput),
        ("owner", "a@example.cn", "emperor", InvalidInput),
    ],
)
def test_an_invitation_that_may_not_be_made_is_refused_and_writes_nothing(role, email, wanted, refusal):
    _user, _organisation, actor = make_person(role=role)
    before = written()
    with pytest.raises(refusal):
        invite_member(actor=actor, email=email, role=wanted)
    assert written() == before


def test_nobody_is_invited_twice_nor_when_a_member_already():
    user, _organisation, owner = make_person()
    invite_member(actor=owner, email="new@example.cn", role="viewer")
    before = written()
    with pytest.raises(AlreadyInvited):
        invite_member(actor=owner, email="NEW@example.cn", role="viewer")
    with pytest.raises(AlreadyMember):
        invite_member(actor=owner, email=user.email.upper(), role="viewer")
    assert written() == before


def test_a_new_role_holds_from_the_next_request_for_keys_too():
    _user, organisation, owner = make_person()
    _member_user, membership, member = add(organisation, "developer")
    secret = make_secret(member)
    change_role(actor=owner, membership_id=membership.pk, role="viewer")
    assert "job.submit" not in actor_of_key(secret).permissions
    entry = AuditEntry.objects.get(action="member.role_changed")
    assert (entry.before, entry.after["role"]) == ({"role": "developer"}, "viewer")


def test_the_last_owner_stays_owner_and_stays():
    user, _organisation, owner = make_person()
    membership = Membership.objects.get(user=user)
    before = written()
    with pytest.raises(LastOwner):
        change_role(actor=owner, membership_id=membership.pk, role="viewer")
    with pytest.raises(LastOwner):
        remove_member(actor=owner, membership_id=membership.pk)
    membership.refresh_from_db()
    assert (membership.role, written()) == ("owner", before)


def test_an_administrator_has_no_power_over_owners():
    user, organisation, _owner = make_person()
    owned = Membership.objects.get(user=user)
    _admin_user, own, admin = add(organisation, "admin")
    before = written()
    for attempt in (
        lambda: change_role(actor=admin, membership_id=owned.pk, role="viewer"),
        lambda: remove_member(actor=admin, membership_id=owned.pk),
        lambda: change_role(actor=admin, membership_id=own.pk, role="owner"),
    ):
        with pytest.raises(OwnersOnly):
            attempt()
    assert written() == before


def test_a_key_gives_no_role_that_may_do_more_than_the_key():
    """Else whoever finds a key for managing members invites themselves as owner, and has everything."""
    _user, organisation, owner = make_person()
    _other, membership, _actor = add(organisation, "viewer")
    narrow = actor_of_key(make_secret(owner, ["members.manage", "organisation.view", "job.view", "cluster.view"]))
    before = written()
    for role in ("owner", "admin", "developer", "finance"):
        with pytest.raises(BeyondThisKey):
            invite_member(actor=narrow, email="new@example.cn", role=role)
        with pytest.raises(BeyondThisKey):
            change_role(actor=narrow, membership_id=membership.pk, role=role)
    assert written() == before
    assert invite_member(actor=narrow, email="new@example.cn", role="viewer").invitation.role == "viewer"
    wide = actor_of_key(make_secret(owner))
    assert change_role(actor=wide, membership_id=membership.pk, role="admin").role == "admin"


def test_a_member_who_is_removed_takes_their_keys_and_their_access_with_them():
    _user, organisation, owner = make_person()
    member_user, membership, member = add(organisation, "developer")
    secret = make_secret(member)
    remove_member(actor=owner, membership_id=membership.pk, reason="离职")
    assert actor_for(member_user).organisation_id is None
    assert ApiKey.objects.get().revoked_at is not None
    with pytest.raises(InvalidApiKey):
        actor_of_key(secret)
    assert AuditEntry.objects.get(action="member.removed").reason == "离职"


def test_what_a_removed_member_has_offered_to_others_no_longer_stands():
    _user, organisation, owner = make_person()
    _admin, membership, admin = add(organisation, "admin")
    way_back = invite_member(actor=admin, email="again@example.cn", role="admin")
    others = invite_member(actor=owner, email="new@example.cn", role="viewer")
    remove_member(actor=owner, membership_id=membership.pk)
    with pytest.raises(InvitationUnusable):
        accept_invitation(actor=actor_for(make_user("again@example.cn")), token=way_back.token)
    newcomer = actor_for(make_user("new@example.cn"))
    assert accept_invitation(actor=newcomer, token=others.token).role == "viewer"


def test_anyone_may_leave_but_not_remove_others():
    _user, organisation, _owner = make_person()
    _one_user, one, viewer = add(organisation, "viewer")
    _two_user, two, _other = add(organisation, "viewer")
    before = written()
    with pytest.raises(Forbidden):
        remove_member(actor=viewer, membership_id=two.pk)
    with pytest.raises(Forbidden):
        change_role(actor=viewer, membership_id=two.pk, role="admin")
    assert written() == before
    remove_member(actor=viewer, membership_id=one.pk)
    assert AuditEntry.objects.filter(action="member.left").count() == 1


def test_a_foreign_member_is_not_there():
    _user, _organisation, owner = make_person()
    foreign_user, _foreign, _other = make_person()
    membership = Membership.objects.get(user=foreign_user)
    before = written()
    with pytest.raises(NotFound):
        change_role(actor=owner, membership_id=membership.pk, role="viewer")
    with pytest.raises(NotFound):
        remove_member(actor=owner, membership_id=membership.pk)
    assert written() == before


@pytest.mark.django_db(transaction=True)
def test_two_owners_who_remove_each_other_at_once_leave_one():
    one_user, organisation, one = make_person()
    two_user, two_membership, two = add(organisation, Role.OWNER)
    one_membership = Membership.objects.get(user=one_user)
    together = threading.Barrier(2)
    outcomes: list[str] = []

    def remove(actor: Actor, membership: Membership) -> None:
        try:
            together.wait()
            remove_member(actor=actor, membership_id=membership.pk)
            outcomes.append("removed")
        except (LastOwner, OwnersOnly, NotFound, Forbidden) as refusal:
            outcomes.append(type(refusal).__name__)
        finally:
            connections.close_all()

    threads = [
        threading.Thread(target=remove, args=(one, two_membership)),
        threading.Thread(target=remove, args=(two, one_membership)),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes.count("removed") == 1
    assert Membership.objects.filter(organisation=organisation, role=Role.OWNER).count() == 1
    assert two_user.pk != one_user.pk
