"""The permission catalogue: every permission there is, and which role in which kind of organisation has it."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class OrganisationKind(TextChoices):
    PROGRAMME_OFFICE = "programme_office", _("Programme office")
    DEPARTMENT = "department", _("Department")
    SUPPLIER = "supplier", _("Compute supplier")
    ENTERPRISE = "enterprise", _("Enterprise")
    UNIVERSITY = "university", _("University")
    HOSPITAL = "hospital", _("Hospital")
    DATA_HOLDER = "data_holder", _("Data holder")
    OTHER = "other", _("Other")


class Role(TextChoices):
    """A person's role inside one organisation."""

    OWNER = "owner", _("Owner")
    ADMIN = "admin", _("Administrator")
    FINANCE = "finance", _("Finance")
    DEVELOPER = "developer", _("Developer")
    VIEWER = "viewer", _("Viewer")


class Permission(TextChoices):
    ORGANISATION_VIEW = "organisation.view", _("See the organisation")
    ORGANISATION_EDIT = "organisation.edit", _("Edit the organisation")
    ORGANISATION_VERIFY = "organisation.verify", _("Verify and suspend organisations")
    MEMBERS_MANAGE = "members.manage", _("Invite and remove members")
    KEYS_MANAGE = "keys.manage", _("Create and revoke API keys")
    JOB_VIEW = "job.view", _("See the organisation's jobs")
    JOB_SUBMIT = "job.submit", _("Submit and cancel jobs")
    CLUSTER_VIEW = "cluster.view", _("See clusters and prices")
    CLUSTER_MANAGE = "cluster.manage", _("Manage the organisation's own clusters and prices")
    QUEUE_VIEW = "queue.view", _("See the queue of every organisation")
    QUEUE_MANAGE = "queue.manage", _("Cancel or requeue any job")
    WALLET_VIEW = "wallet.view", _("See wallet, vouchers and receipts")
    WALLET_TOP_UP = "wallet.top_up", _("Credit an organisation's wallet")
    VOUCHER_ISSUE = "voucher.issue", _("Open voucher programmes and issue vouchers")
    STATEMENT_VIEW = "statement.view", _("See what the organisation is owed as a supplier")
    PAYOUT_MAKE = "payout.make", _("Pay suppliers")
    AUDIT_VIEW = "audit.view", _("See the audit trail of every organisation")
    LEDGER_VERIFY = "ledger.verify", _("Check the ledger")
    PLAN_VIEW = "plan.view", _("See the organisation's own tasks and targets")
    PLAN_OVERSEE = "plan.oversee", _("See every plan, target and task")
    PLAN_MANAGE = "plan.manage", _("Import, review and publish plans, and bind their targets")
    TASK_REPORT = "task.report", _("Report on the organisation's own tasks and targets")
    OPINION_GIVE = "opinion.give", _("Give an expert opinion on a plan")


_P = Permission
_VIEWER = {_P.ORGANISATION_VIEW, _P.JOB_VIEW, _P.CLUSTER_VIEW}
_BY_ROLE: dict[str, set[Permission]] = {
    Role.VIEWER: _VIEWER,
    Role.DEVELOPER: _VIEWER | {_P.JOB_SUBMIT, _P.KEYS_MANAGE, _P.WALLET_VIEW},
    Role.FINANCE: _VIEWER | {_P.WALLET_VIEW},
    Role.ADMIN: _VIEWER | {_P.JOB_SUBMIT, _P.KEYS_MANAGE, _P.WALLET_VIEW, _P.ORGANISATION_EDIT, _P.MEMBERS_MANAGE},
}
_BY_ROLE[Role.OWNER] = _BY_ROLE[Role.ADMIN]

# What the kind of organisation adds, role by role.
_SUPPLIER = {_P.CLUSTER_MANAGE, _P.STATEMENT_VIEW}
_DEPARTMENT = {_P.PLAN_VIEW, _P.TASK_REPORT, _P.OPINION_GIVE}
_OFFICE_READ = {_P.QUEUE_VIEW, _P.AUDIT_VIEW, _P.WALLET_VIEW, _P.PLAN_VIEW, _P.PLAN_OVERSEE}
_OFFICE_MONEY = _OFFICE_READ | {_P.WALLET_TOP_UP, _P.VOUCHER_ISSUE, _P.PAYOUT_MAKE, _P.LEDGER_VERIFY}
_OFFICE_PLAN = {_P.PLAN_MANAGE, _P.TASK_REPORT, _P.OPINION_GIVE}
_OFFICE_ALL = _OFFICE_MONEY | _OFFICE_PLAN | {_P.ORGANISATION_VERIFY, _P.QUEUE_MANAGE, _P.CLUSTER_MANAGE}
_BY_KIND: dict[str, dict[str, set[Permission]]] = {
    OrganisationKind.SUPPLIER: {
        Role.OWNER: _SUPPLIER,
        Role.ADMIN: _SUPPLIER,
        Role.FINANCE: {_P.STATEMENT_VIEW},
    },
    OrganisationKind.DEPARTMENT: {
        Role.OWNER: _DEPARTMENT,
        Role.ADMIN: _DEPARTMENT,
        Role.DEVELOPER: _DEPARTMENT,
        Role.FINANCE: {_P.PLAN_VIEW},
        Role.VIEWER: {_P.PLAN_VIEW},
    },
    OrganisationKind.UNIVERSITY: {
        Role.OWNER: {_P.OPINION_GIVE},
        Role.ADMIN: {_P.OPINION_GIVE},
        Role.DEVELOPER: {_P.OPINION_GIVE},
    },
    OrganisationKind.PROGRAMME_OFFICE: {
        Role.OWNER: _OFFICE_ALL,
        Role.ADMIN: _OFFICE_ALL,
        Role.FINANCE: _OFFICE_MONEY,
        Role.DEVELOPER: _OFFICE_READ,
        Role.VIEWER: _OFFICE_READ,
    },
}


def permissions_of(*, kind: str, role: str) -> frozenset[Permission]:
    """What a person with `role` in an active organisation of `kind` may do."""
    return frozenset(_BY_ROLE.get(role, set()) | _BY_KIND.get(kind, {}).get(role, set()))
