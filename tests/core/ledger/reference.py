"""A small ledger in plain Python, one transfer at a time: what the SQL must agree with."""

import copy
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from uuid import UUID

from qianhang.core.ledger.transfers import MAX_AMOUNT, Balance, Kind, Result, Transfer


@dataclass
class Account:
    unit: str
    guarded: bool
    dp: int = 0
    d: int = 0
    cp: int = 0
    c: int = 0

    @property
    def balance(self) -> Balance:
        return Balance(self.dp, self.d, self.cp, self.c)


@dataclass
class Kept:
    asked: Transfer
    debit: int
    credit: int
    amount: int
    at: datetime


@dataclass
class ReferenceLedger:
    accounts: dict[int, Account] = field(default_factory=dict)
    transfers: dict[UUID, Kept] = field(default_factory=dict)
    resolved: set[UUID] = field(default_factory=set)
    young: set[UUID] = field(default_factory=set)  # Made by the batch at hand: cannot have expired yet.
    at_start: dict[UUID, Kept] = field(default_factory=dict)  # What was there before the batch at hand.

    def post(self, batch: list[Transfer], *, now: datetime, at: datetime, all_or_none: bool = False) -> list[Result]:
        before = self._state()
        self.young = set()
        self.at_start = dict(self.transfers)
        answers: dict[int, Result] = {}
        groups: dict[object, list[int]] = {}
        for i, transfer in enumerate(batch):
            groups.setdefault(transfer.link or i, []).append(i)
        first: dict[UUID, int] = {}
        for i, transfer in enumerate(batch):
            first.setdefault(transfer.id, i)
        for members in groups.values():
            self._post_group(batch, members, first, answers, now=now, at=at)
        result = [answers[i] for i in range(len(batch))]
        if all_or_none and not all(answer.is_in_ledger for answer in result):
            self._restore(before)
            result = [Result.LINKED_FAILED if answer is Result.OK else answer for answer in result]
        return result

    def _post_group(
        self,
        batch: list[Transfer],
        members: list[int],
        first: dict[UUID, int],
        answers: dict[int, Result],
        *,
        now: datetime,
        at: datetime,
    ) -> None:
        linked = batch[members[0]].link is not None
        before = self._state() if linked else None
        failed = False
        echoes = []
        for i in members:
            asked = batch[i]
            if linked and first[asked.id] < i and self._asks_the_same(asked, batch[first[asked.id]]):
                echoes.append(i)
                continue
            answer = self._judge(asked, at=at)
            if failed and answer not in {Result.EXISTS, Result.EXISTS_DIFFERENT}:
                answer = Result.LINKED_FAILED
            answers[i] = answer
            if answer is Result.OK:
                self._apply(asked, now)
            elif linked:
                assert before is not None
                failed = True
                self._restore(before)
                answers.update({j: Result.LINKED_FAILED for j in members if answers.get(j) is Result.OK})
        for i in echoes:
            answer = answers[first[batch[i].id]]
            answers[i] = Result.EXISTS if answer is Result.OK else answer

    def _judge(self, t: Transfer, *, at: datetime) -> Result:  # noqa: PLR0911, PLR0912 - one line per answer
        if kept := self.transfers.get(t.id):
            return Result.EXISTS if self._says_the_same(t, kept) else Result.EXISTS_DIFFERENT
        resolves = t.kind in {Kind.POST, Kind.VOID}
        if (t.pending_id is not None) != resolves:
            return Result.MALFORMED
        if t.timeout_s is not None and (t.kind is not Kind.PENDING or t.timeout_s <= 0):
            return Result.MALFORMED
        if not (0 if t.kind is Kind.VOID else 1) <= t.amount <= MAX_AMOUNT:
            return Result.INVALID_AMOUNT
        if resolves:
            pending = self.transfers.get(t.pending_id)
            if pending is None or pending.asked.kind is not Kind.PENDING:
                return Result.PENDING_NOT_FOUND
            if t.debit not in {None, pending.debit} or t.credit not in {None, pending.credit}:
                return Result.PENDING_DIFFERENT
            if t.kind is Kind.VOID and t.amount not in {0, pending.amount}:
                return Result.PENDING_DIFFERENT
            if t.pending_id in self.resolved:
                return Result.PENDING_RESOLVED
            if t.amount > pending.amount:
                return Result.EXCEEDS_PENDING
            timeout = pending.asked.timeout_s
            ageing = t.kind is Kind.POST and timeout is not None and t.pending_id not in self.young
            if ageing and pending.at + timedelta(seconds=timeout) <= at:
                return Result.PENDING_EXPIRED
            if t.kind is Kind.POST:
                debit, credit = self.accounts[pending.debit], self.accounts[pending.credit]
                if max(debit.d, credit.c) + t.amount > MAX_AMOUNT:
                    return Result.OVERFLOWS
            return Result.OK
        if t.debit not in self.accounts or t.credit not in self.accounts:
            return Result.ACCOUNT_NOT_FOUND
        debit, credit = self.accounts[t.debit], self.accounts[t.credit]
        if t.debit == t.credit:
            return Result.SAME_ACCOUNT
        if debit.unit != credit.unit:
            return Result.UNIT_MISMATCH
        counters = (debit.dp, credit.cp) if t.kind is Kind.PENDING else (debit.d, credit.c)
        if max(counters) + t.amount > MAX_AMOUNT:
            return Result.OVERFLOWS
        if debit.guarded and debit.dp + debit.d + t.amount > debit.c:
            return Result.EXCEEDS_CREDITS
        return Result.OK

    def _apply(self, t: Transfer, now: datetime) -> None:
        if t.pending_id is None:
            debit, credit, amount = t.debit, t.credit, t.amount
        else:
            pending = self.transfers[t.pending_id]
            debit, credit = pending.debit, pending.credit
            amount = pending.amount if t.kind is Kind.VOID else t.amount
            self.accounts[debit].dp -= pending.amount
            self.accounts[credit].cp -= pending.amount
            self.resolved.add(t.pending_id)
        if t.kind is Kind.PENDING:
            self.accounts[debit].dp += amount
            self.accounts[credit].cp += amount
        elif t.kind is not Kind.VOID:
            self.accounts[debit].d += amount
            self.accounts[credit].c += amount
        self.transfers[t.id] = Kept(t, debit, credit, amount, now)
        self.young.add(t.id)

    def _asks_the_same(self, t: Transfer, earlier: Transfer) -> bool:
        """Whether a request of this batch repeats an earlier one: a post or void may leave out its accounts, a void
        its amount, as when it repeats one of an earlier batch."""

        def filled(asked: Transfer) -> Transfer:
            pending = self.at_start.get(asked.pending_id) if asked.pending_id else None
            if pending is None:
                return asked
            return replace(
                asked,
                debit=pending.debit if asked.debit is None else asked.debit,
                credit=pending.credit if asked.credit is None else asked.credit,
            )

        t, earlier = filled(t), filled(earlier)
        free = t.kind in {Kind.POST, Kind.VOID}
        return t == replace(
            earlier,
            debit=None if t.debit is None and free else earlier.debit,
            credit=None if t.credit is None and free else earlier.credit,
            amount=0 if t.amount == 0 and t.kind is Kind.VOID else earlier.amount,
        )

    @staticmethod
    def _says_the_same(t: Transfer, kept: Kept) -> bool:
        free = t.kind in {Kind.POST, Kind.VOID}
        return (
            (t.debit == kept.debit or (t.debit is None and free))
            and (t.credit == kept.credit or (t.credit is None and free))
            and (t.amount == kept.amount or (t.amount == 0 and t.kind is Kind.VOID))
            and (t.kind, t.pending_id, t.link, t.code, t.reference, t.timeout_s)
            == (
                kept.asked.kind,
                kept.asked.pending_id,
                kept.asked.link,
                kept.asked.code,
                kept.asked.reference,
                kept.asked.timeout_s,
            )
        )

    def _state(self) -> tuple[object, ...]:
        return copy.deepcopy(self.accounts), dict(self.transfers), set(self.resolved), set(self.young)

    def _restore(self, state: tuple[object, ...]) -> None:
        accounts, transfers, resolved, young = state
        self.accounts = copy.deepcopy(accounts)  # type: ignore[assignment]
        self.transfers, self.resolved, self.young = dict(transfers), set(resolved), set(young)  # type: ignore
