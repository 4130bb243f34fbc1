"""Who may use which address. A route without a line here fails the suite, and so does a line without a route."""

from dataclasses import dataclass
from typing import Any

from qianhang.core.access import Permission

from .sample_world import FIRM, OFFICE, SUPPLIER


@dataclass(frozen=True)
class Rule:
    """`needs` is a permission, ANYONE, or SIGNED_IN. `of` is the organisation whose people hold it on the sample.

    `everyones`: what the address names belongs to everyone signed in (a cluster), so no organisation is foreign to it.
    `hidden`: without the permission the sample is not even seen, or is another organisation's, so the refusal is 404.
    """

    needs: Permission | str
    of: str = FIRM
    body: Any = None
    everyones: bool = False
    hidden: bool = False


ANYONE, SIGNED_IN = "anyone", "signed in"
REASON = {"reason": "test"}
SPEC = {"command": "true", "resources": {"cpus": 1, "memory": 256}, "time_limit": 60}
PROGRAMME = {"slug": "other", "name": "Other", "share_ppm": 1, "cap": 10_000, "valid_days": 1}

API: dict[tuple[str, str], Rule] = {
    ("GET", "/me"): Rule(SIGNED_IN),
    ("GET", "/organisations"): Rule(SIGNED_IN),
    ("POST", "/organisations"): Rule(
        SIGNED_IN, body={"kind": "enterprise", "name": "示例", "credit_code": "91110000600037341L"}
    ),
    ("GET", "/organisations/{organisation_id}"): Rule(Permission.ORGANISATION_VIEW, hidden=True),
    ("PATCH", "/organisations/{organisation_id}"): Rule(Permission.ORGANISATION_EDIT, body={"name_en": "Example"}),
    ("POST", "/organisations/{organisation_id}/verify"): Rule(Permission.ORGANISATION_VERIFY, OFFICE, REASON),
    ("POST", "/organisations/{organisation_id}/reject"): Rule(Permission.ORGANISATION_VERIFY, OFFICE, REASON),
    ("POST", "/organisations/{organisation_id}/suspend"): Rule(Permission.ORGANISATION_VERIFY, OFFICE, REASON),
    ("POST", "/organisations/{organisation_id}/reinstate"): Rule(Permission.ORGANISATION_VERIFY, OFFICE, REASON),
    ("POST", "/organisations/{organisation_id}/switch"): Rule(SIGNED_IN),
    ("GET", "/members"): Rule(Permission.ORGANISATION_VIEW),
    ("PATCH", "/members/{membership_id}"): Rule(Permission.MEMBERS_MANAGE, body={"role": "developer"}),
    ("DELETE", "/members/{membership_id}"): Rule(Permission.MEMBERS_MANAGE),
    ("GET", "/invitations"): Rule(Permission.MEMBERS_MANAGE),
    ("POST", "/invitations"): Rule(Permission.MEMBERS_MANAGE, body={"email": "other@example.cn", "role": "viewer"}),
    ("POST", "/invitations/accept"): Rule(SIGNED_IN, body={"token": "unknown"}),
    ("DELETE", "/invitations/{invitation_id}"): Rule(Permission.MEMBERS_MANAGE, hidden=True),
    ("GET", "/keys"): Rule(Permission.KEYS_MANAGE),
    ("POST", "/keys"): Rule(
        Permission.KEYS_MANAGE, body={"name": "ci", "scopes": ["job.view"], "expires_at": "2026-01-01T00:00:00Z"}
    ),
    ("DELETE", "/keys/{key_id}"): Rule(Permission.MEMBERS_MANAGE, hidden=True),
    ("GET", "/audit"): Rule(Permission.AUDIT_VIEW, OFFICE),
    ("GET", "/audit/head"): Rule(ANYONE),
    ("GET", "/wallet"): Rule(Permission.WALLET_VIEW),
    ("GET", "/wallets/{organisation_id}"): Rule(Permission.WALLET_VIEW),
    ("POST", "/wallets/{organisation_id}/top-ups"): Rule(
        Permission.WALLET_TOP_UP, OFFICE, {"amount_micro": 10_000, "key": "a", "reason": "x"}, hidden=True
    ),
    ("GET", "/voucher-programmes"): Rule(SIGNED_IN),
    ("POST", "/voucher-programmes"): Rule(Permission.VOUCHER_ISSUE, OFFICE, PROGRAMME),
    ("GET", "/voucher-programmes/{programme_id}"): Rule(Permission.QUEUE_VIEW, OFFICE),
    ("POST", "/voucher-programmes/{programme_id}/appropriations"): Rule(
        Permission.VOUCHER_ISSUE, OFFICE, {"amount": 10_000, "key": "a", "reason": "x"}
    ),
    ("GET", "/vouchers"): Rule(SIGNED_IN),
    ("POST", "/vouchers"): Rule(
        Permission.VOUCHER_ISSUE,
        OFFICE,
        {"programme_id": "{programme_id}", "organisation_id": "{organisation_id}", "key": "b"},
    ),
    ("GET", "/vouchers/{voucher_id}"): Rule(Permission.WALLET_VIEW, hidden=True),
    ("POST", "/vouchers/{voucher_id}/freeze"): Rule(Permission.VOUCHER_ISSUE, OFFICE, REASON),
    ("POST", "/vouchers/{voucher_id}/unfreeze"): Rule(Permission.VOUCHER_ISSUE, OFFICE, REASON),
    ("POST", "/vouchers/{voucher_id}/revoke"): Rule(Permission.VOUCHER_ISSUE, OFFICE, REASON),
    ("GET", "/receipts"): Rule(SIGNED_IN),
    ("GET", "/receipts/{receipt_id}"): Rule(Permission.WALLET_VIEW, hidden=True),
    ("GET", "/suppliers/{supplier_id}/statement"): Rule(Permission.STATEMENT_VIEW, SUPPLIER),
    ("POST", "/suppliers/{supplier_id}/payouts"): Rule(
        Permission.PAYOUT_MAKE, OFFICE, {"amount_micro": 10_000, "bank_reference": "1", "key": "p"}, hidden=True
    ),
    ("POST", "/uploads"): Rule(Permission.JOB_SUBMIT, body="file"),
    ("GET", "/job-spec/schema"): Rule(ANYONE),
    ("POST", "/jobs"): Rule(Permission.JOB_SUBMIT, body=SPEC),
    ("POST", "/jobs/quote"): Rule(Permission.JOB_SUBMIT, body=SPEC),
    ("GET", "/jobs"): Rule(SIGNED_IN),
    ("GET", "/jobs/{job_id}"): Rule(Permission.JOB_VIEW, hidden=True),
    ("POST", "/jobs/{job_id}/cancel"): Rule(Permission.JOB_SUBMIT, body=REASON),
    ("GET", "/jobs/{job_id}/log"): Rule(Permission.JOB_VIEW, hidden=True),
    ("GET", "/jobs/{job_id}/log/text"): Rule(Permission.JOB_VIEW, hidden=True),
    ("GET", "/jobs/{job_id}/log/stream"): Rule(Permission.JOB_VIEW, hidden=True),
    ("GET", "/jobs/{job_id}/outputs"): Rule(Permission.JOB_VIEW, hidden=True),
    ("GET", "/jobs/{job_id}/outputs/{output_id}"): Rule(Permission.JOB_VIEW, hidden=True),
    ("GET", "/jobs/{job_id}/receipt"): Rule(Permission.JOB_VIEW, hidden=True),
    ("GET", "/jobs/{job_id}/samples"): Rule(Permission.JOB_VIEW, hidden=True),
    ("GET", "/clusters"): Rule(Permission.CLUSTER_VIEW, SUPPLIER),
    ("GET", "/clusters/{slug}"): Rule(Permission.CLUSTER_VIEW, SUPPLIER, everyones=True),
    ("GET", "/regions"): Rule(SIGNED_IN),
    ("GET", "/accelerators"): Rule(SIGNED_IN),
    ("GET", "/plans"): Rule(SIGNED_IN),
    ("POST", "/plans"): Rule(Permission.PLAN_MANAGE, OFFICE, body="file"),
    ("GET", "/plans/{plan_id}"): Rule(Permission.PLAN_OVERSEE, OFFICE),
    ("GET", "/plans/{plan_id}/text"): Rule(Permission.PLAN_OVERSEE, OFFICE),
    ("GET", "/plans/{plan_id}/findings"): Rule(Permission.PLAN_OVERSEE, OFFICE),
    ("POST", "/plans/{plan_id}/findings"): Rule(Permission.PLAN_MANAGE, OFFICE, {"kind": "system", "content": {}}),
    ("PATCH", "/plans/{plan_id}/findings/{finding_id}"): Rule(Permission.PLAN_MANAGE, OFFICE, {"changes": {}}),
    ("POST", "/plans/{plan_id}/accept"): Rule(Permission.PLAN_MANAGE, OFFICE, {"ids": []}),
    ("POST", "/plans/{plan_id}/reject"): Rule(Permission.PLAN_MANAGE, OFFICE, {"ids": []}),
    ("POST", "/plans/{plan_id}/proposals"): Rule(Permission.PLAN_MANAGE, OFFICE),
    ("GET", "/plans/{plan_id}/board"): Rule(Permission.PLAN_OVERSEE, OFFICE),
    ("GET", "/plans/{plan_id}/suggestions"): Rule(Permission.PLAN_OVERSEE, OFFICE),
    ("GET", "/plans/{plan_id}/tasks"): Rule(Permission.PLAN_OVERSEE, OFFICE),
    ("GET", "/plans/{plan_id}/departments"): Rule(Permission.PLAN_OVERSEE, OFFICE),
    ("GET", "/plans/{plan_id}/milestones"): Rule(Permission.PLAN_OVERSEE, OFFICE),
    ("GET", "/plans/{plan_id}/systems"): Rule(Permission.PLAN_OVERSEE, OFFICE),
    ("GET", "/plans/{plan_id}/report"): Rule(Permission.PLAN_OVERSEE, OFFICE),
    ("GET", "/plans/{plan_id}/data.csv"): Rule(Permission.PLAN_OVERSEE, OFFICE),
    ("GET", "/plans/{plan_id}/data.json"): Rule(Permission.PLAN_OVERSEE, OFFICE),
    ("GET", "/plans/{plan_id}/diff"): Rule(Permission.PLAN_OVERSEE, OFFICE),
    ("GET", "/plans/{plan_id}/opinions"): Rule(Permission.PLAN_OVERSEE, OFFICE),
    ("POST", "/plans/{plan_id}/opinions"): Rule(Permission.OPINION_GIVE, OFFICE, {"verdict": "support", "text": "x"}),
    ("POST", "/plans/{plan_id}/publish"): Rule(Permission.PLAN_MANAGE, OFFICE, {"targets": []}),
    ("POST", "/plans/{plan_id}/unpublish"): Rule(Permission.PLAN_MANAGE, OFFICE, REASON),
    ("GET", "/compare"): Rule(Permission.PLAN_OVERSEE, OFFICE),
    ("GET", "/search"): Rule(Permission.PLAN_OVERSEE, OFFICE),
    ("GET", "/public/plans"): Rule(ANYONE),
    ("GET", "/public/plans/{public_id}"): Rule(ANYONE),
    ("GET", "/public/plans/{public_id}/data.csv"): Rule(ANYONE),
    ("GET", "/public/plans/{public_id}/data.json"): Rule(ANYONE),
    ("GET", "/measures"): Rule(SIGNED_IN),
    ("POST", "/observations"): Rule(Permission.PLAN_MANAGE, OFFICE, {"codes": ["compute.jobs_finished"]}),
    ("GET", "/targets/{target_id}"): Rule(Permission.PLAN_OVERSEE, OFFICE),
    ("GET", "/targets/{target_id}/evidence"): Rule(Permission.PLAN_OVERSEE, OFFICE),
    ("PATCH", "/targets/{target_id}"): Rule(Permission.PLAN_MANAGE, OFFICE, {}),
    ("POST", "/targets/{target_id}/binding"): Rule(Permission.PLAN_MANAGE, OFFICE, {"measure": "compute.fleet_pflops"}),
    ("POST", "/targets/{target_id}/unbind"): Rule(Permission.PLAN_MANAGE, OFFICE, REASON),
    ("PUT", "/targets/{target_id}/stages"): Rule(
        Permission.PLAN_MANAGE, OFFICE, {"deadline": "2026-12-31", "value": "1"}
    ),
    ("GET", "/manual-series"): Rule(Permission.PLAN_VIEW, OFFICE),
    ("POST", "/manual-series"): Rule(Permission.PLAN_MANAGE, OFFICE, {"name": "x"}),
    ("POST", "/manual-series/{series_id}/values"): Rule(
        Permission.TASK_REPORT, OFFICE, {"day": "2026-01-31", "value": "1", "evidence_id": "{evidence_id}"}
    ),
    ("POST", "/manual-values/{value_id}/review"): Rule(Permission.PLAN_MANAGE, OFFICE, {"confirm": False}),
    ("GET", "/outside-series"): Rule(Permission.PLAN_OVERSEE, OFFICE),
    ("POST", "/outside-series"): Rule(Permission.PLAN_MANAGE, OFFICE, {"name": "x"}),
    ("POST", "/outside-series/{outside_id}/fetch"): Rule(Permission.PLAN_MANAGE, OFFICE),
    ("POST", "/outside-series/{outside_id}/values"): Rule(Permission.PLAN_MANAGE, OFFICE, {"text": "date,value"}),
    ("GET", "/tasks"): Rule(SIGNED_IN),
    ("GET", "/my-work"): Rule(Permission.PLAN_VIEW, OFFICE),
    ("GET", "/tasks/{task_id}"): Rule(Permission.PLAN_OVERSEE, OFFICE),
    ("PATCH", "/tasks/{task_id}"): Rule(Permission.TASK_REPORT, OFFICE, {"state": "under_way"}),
    ("PUT", "/tasks/{task_id}/needs"): Rule(Permission.PLAN_MANAGE, OFFICE, {"ids": []}),
    ("PUT", "/tasks/{task_id}/people"): Rule(Permission.TASK_REPORT, OFFICE, {"ids": []}),
    ("POST", "/tasks/{task_id}/reports"): Rule(Permission.TASK_REPORT, OFFICE, {"percent": 1, "text": "x"}),
    ("POST", "/reminders"): Rule(Permission.PLAN_MANAGE, OFFICE, {"ids": []}),
    ("POST", "/milestones/{milestone_id}/reached"): Rule(Permission.TASK_REPORT, OFFICE, {"reached_on": None}),
    ("GET", "/systems"): Rule(SIGNED_IN),
    ("PATCH", "/systems/{system_id}"): Rule(Permission.PLAN_MANAGE, OFFICE, {"state": "building"}),
    ("POST", "/evidence"): Rule(Permission.TASK_REPORT, OFFICE, body="file"),
    ("GET", "/evidence/{evidence_id}"): Rule(Permission.PLAN_OVERSEE, OFFICE),
}

PAGES: dict[tuple[str, str], Rule] = {
    ("GET", "healthz"): Rule(ANYONE),
    ("GET", "readyz"): Rule(ANYONE),
    ("GET", "metrics"): Rule(ANYONE),
    ("GET", "api:openapi-json"): Rule(ANYONE),
    ("GET", "api:openapi-view"): Rule(ANYONE),
    ("GET", "home"): Rule(ANYONE),
    ("GET", "help"): Rule(ANYONE),
    ("GET", "glossary"): Rule(ANYONE),
    ("GET", "styleguide"): Rule(ANYONE),
    ("POST", "set_language"): Rule(ANYONE, body={"language": "en"}),
    ("POST", "set_theme"): Rule(ANYONE, body={"theme": "dark"}),
    ("GET", "invitation"): Rule(ANYONE),
    ("GET", "dashboard"): Rule(SIGNED_IN),
    ("GET", "settings"): Rule(SIGNED_IN),
    ("POST", "settings"): Rule(SIGNED_IN, body={"name": "x", "language": "en", "theme": "dark"}),
    ("POST", "organisation_switch"): Rule(SIGNED_IN, body={"organisation": "{organisation_id}"}),
    ("GET", "organisation"): Rule(Permission.ORGANISATION_VIEW),
    ("GET", "organisation_edit"): Rule(Permission.ORGANISATION_EDIT),
    ("POST", "organisation_edit"): Rule(Permission.ORGANISATION_EDIT, body={"name": "x"}),
    ("GET", "members"): Rule(Permission.MEMBERS_MANAGE),
    ("POST", "members"): Rule(Permission.MEMBERS_MANAGE, body={"email": "third@example.cn", "role": "viewer"}),
    ("POST", "member_change"): Rule(Permission.MEMBERS_MANAGE, body={"role": "developer"}),
    ("POST", "member_remove"): Rule(Permission.MEMBERS_MANAGE, body={}),
    ("POST", "invitation_revoke"): Rule(Permission.MEMBERS_MANAGE, body={}, hidden=True),
    ("GET", "keys"): Rule(Permission.KEYS_MANAGE),
    ("GET", "key_new"): Rule(Permission.KEYS_MANAGE),
    ("POST", "key_new"): Rule(Permission.KEYS_MANAGE, body={"name": ""}),
    ("POST", "key_revoke"): Rule(Permission.MEMBERS_MANAGE, body={}, hidden=True),
    ("POST", "key_bulk"): Rule(Permission.KEYS_MANAGE, body={"action": "revoke"}),
    ("POST", "view_save"): Rule(SIGNED_IN, body={"name": "x", "path": "/jobs/", "query": "state=running"}),
    ("POST", "view_forget"): Rule(SIGNED_IN, body={"name": "x", "path": "/jobs/"}),
    ("POST", "organisation_bulk"): Rule(Permission.ORGANISATION_VERIFY, OFFICE, {"action": "verify"}),
    ("GET", "organisation_list"): Rule(Permission.ORGANISATION_VERIFY, OFFICE),
    ("GET", "organisation_new"): Rule(SIGNED_IN),
    ("POST", "organisation_new"): Rule(SIGNED_IN, body={"name": ""}),
    ("GET", "organisation_review"): Rule(Permission.ORGANISATION_VERIFY, OFFICE),
    ("POST", "organisation_review"): Rule(Permission.ORGANISATION_VERIFY, OFFICE, {"step": "suspend", "reason": "x"}),
    ("GET", "job_list"): Rule(SIGNED_IN),
    ("POST", "job_bulk"): Rule(Permission.JOB_SUBMIT, body={"action": "cancel"}),
    ("GET", "job_new"): Rule(Permission.JOB_SUBMIT),
    ("POST", "job_new"): Rule(Permission.JOB_SUBMIT, body={"command": "true"}),
    ("POST", "job_quote"): Rule(Permission.JOB_SUBMIT, body={"command": "true"}),
    ("GET", "job"): Rule(Permission.JOB_VIEW, hidden=True),
    ("GET", "job_live"): Rule(Permission.JOB_VIEW, hidden=True),
    ("POST", "job_cancel"): Rule(Permission.JOB_SUBMIT, body={}),
    ("GET", "job_log"): Rule(Permission.JOB_VIEW, hidden=True),
    ("GET", "job_output"): Rule(Permission.JOB_VIEW, hidden=True),
    ("GET", "cluster_list"): Rule(Permission.CLUSTER_VIEW, SUPPLIER),
    ("GET", "cluster"): Rule(Permission.CLUSTER_VIEW, SUPPLIER, everyones=True),
    ("POST", "cluster_state"): Rule(Permission.CLUSTER_MANAGE, SUPPLIER, {"state": "draining", "reason": "x"}),
    ("POST", "cluster_price"): Rule(Permission.CLUSTER_MANAGE, SUPPLIER, {}),
    ("GET", "cluster_runs"): Rule(Permission.STATEMENT_VIEW, SUPPLIER),
    ("GET", "queue"): Rule(Permission.QUEUE_VIEW, OFFICE),
    ("GET", "supplier"): Rule(Permission.STATEMENT_VIEW, SUPPLIER),
    ("GET", "wallet"): Rule(Permission.WALLET_VIEW),
    ("GET", "wallet_statement"): Rule(Permission.WALLET_VIEW),
    ("GET", "receipt"): Rule(Permission.WALLET_VIEW, hidden=True),
    ("GET", "programme_list"): Rule(Permission.VOUCHER_ISSUE, OFFICE),
    ("GET", "programme_new"): Rule(Permission.VOUCHER_ISSUE, OFFICE),
    ("POST", "programme_new"): Rule(Permission.VOUCHER_ISSUE, OFFICE, {}),
    ("GET", "programme"): Rule(Permission.VOUCHER_ISSUE, OFFICE),
    ("POST", "programme_fund"): Rule(Permission.VOUCHER_ISSUE, OFFICE, {}),
    ("POST", "voucher_issue"): Rule(Permission.VOUCHER_ISSUE, OFFICE, {}),
    ("POST", "voucher_bulk"): Rule(Permission.VOUCHER_ISSUE, OFFICE, {"action": "freeze"}),
    ("POST", "voucher_step"): Rule(Permission.VOUCHER_ISSUE, OFFICE, {"step": "freeze", "reason": "x"}),
    ("GET", "office_money"): Rule(Permission.WALLET_TOP_UP, OFFICE),
    ("POST", "top_up"): Rule(Permission.WALLET_TOP_UP, OFFICE, {}),
    ("POST", "payout"): Rule(Permission.PAYOUT_MAKE, OFFICE, {}),
    ("GET", "plan_list"): Rule(SIGNED_IN),
    ("GET", "plan_import"): Rule(Permission.PLAN_MANAGE, OFFICE),
    ("POST", "plan_import"): Rule(Permission.PLAN_MANAGE, OFFICE, {"text": ""}),
    ("GET", "plan"): Rule(Permission.PLAN_OVERSEE, OFFICE, hidden=True),
    ("GET", "plan_versions"): Rule(Permission.PLAN_OVERSEE, OFFICE),
    ("GET", "plan_compare"): Rule(Permission.PLAN_OVERSEE, OFFICE),
    ("GET", "plan_review"): Rule(Permission.PLAN_OVERSEE, OFFICE),
    ("POST", "plan_decide"): Rule(Permission.PLAN_MANAGE, OFFICE, {"accept": "{finding_id}"}),
    ("POST", "plan_add"): Rule(Permission.PLAN_MANAGE, OFFICE, {"kind": "system"}),
    ("POST", "plan_edit"): Rule(Permission.PLAN_MANAGE, OFFICE, {}),
    ("GET", "audit"): Rule(Permission.AUDIT_VIEW, OFFICE),
    ("GET", "audit_entry"): Rule(Permission.AUDIT_VIEW, OFFICE),
}

# Addresses of libraries that decide for themselves who may use them: the sign-in library's pages about one's own
# account, and the API's root, which answers 404.
FOREIGN_ROUTES = ("account_", "mfa_", "socialaccount_", "openid_connect_", "api:api-root")
