"""The states of an organisation, and the decisions that lead from one to another."""

from dataclasses import dataclass

REGISTERED, ACTIVE, REJECTED, SUSPENDED = "registered", "active", "rejected", "suspended"


@dataclass(frozen=True, slots=True)
class Decision:
    """`action` names it in the audit trail and the outbox."""

    action: str
    before: frozenset[str]
    after: str
    needs_reason: bool


VERIFY = Decision("organisation.verified", frozenset({REGISTERED, REJECTED}), ACTIVE, needs_reason=False)
REJECT = Decision("organisation.rejected", frozenset({REGISTERED}), REJECTED, needs_reason=True)
SUSPEND = Decision("organisation.suspended", frozenset({ACTIVE}), SUSPENDED, needs_reason=True)
REINSTATE = Decision("organisation.reinstated", frozenset({SUSPENDED}), ACTIVE, needs_reason=False)

# What the programme office looks at when it verifies, and what rights to public money go by.
VERIFIED = ("name", "credit_code", "size_class", "registered_in")
# What an applicant stated may be corrected until the programme office has verified it.
STILL_STATED = frozenset({REGISTERED, REJECTED})
