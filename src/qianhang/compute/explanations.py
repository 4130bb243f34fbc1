"""Codes and facts into sentences a person can act on, in the reader's language, at the moment of reading."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as gettext_now
from django.utils.translation import gettext_lazy as _

from qianhang.core.errors import FieldProblem, InvalidInput
from qianhang.core.units.money import exact_yuan
from qianhang.core.web.language import in_reader_language

from .rules.spec_problems import SpecInvalid, SpecProblem

# ── job specs ────────────────────────────────────────────────────────────────────────────────────────────────────

SPEC_PROBLEMS: dict[str, str | Promise] = {
    "all_zero": _("At least one weight must be above 0."),
    "bad_duration": _("“{value}” is not a duration. Write seconds, or a text such as 10m or 1h30m."),
    "bad_form": _("“{value}” does not have the right form. See the job spec schema for this field."),
    "bad_json": _("This is not valid JSON: line {line}, column {column}: {problem}."),
    "bad_memory": _("“{value}” is not an amount of memory. Write MiB as a number, or a text such as 2GiB."),
    "bad_memory_unit": _("The unit “{unit}” is not known. Write MiB, GiB or TiB, such as 2GiB."),
    "bad_variable_name": _("“{name}” cannot be a variable's name. Use letters, digits and _, not a digit first."),
    "bad_yaml": _("This is not valid YAML: line {line}, column {column}: {problem}."),
    "budget_not_positive": _("A budget must be above 0. Leave it out to accept the quote."),
    "empty": _("This is empty. Fill it in, or leave the field out."),
    "env_too_large": _("Variables and secrets together have {value} bytes; the most is {limit}. Send a file instead."),
    "git_needs_commit": _("A git source needs both `git` (the address) and `commit` (the full 40-digit id)."),
    "input_not_found": _("There is no such upload of your organisation: {value}. Upload the file first."),
    "invalid": _("“{value}” is not allowed here."),
    "key_not_text": _("The name {key} is not text. Put it in quotes."),
    "key_twice": _("“{key}” stands here twice. Keep one."),
    "missing": _("“{field}” is missing."),
    "needs_cards": _("“{field}” speaks of cards, but the job asks for none. Set resources.cards, or leave it out."),
    "not_a_mapping": _("A job spec is a list of fields with values, such as `command: python train.py`."),
    "not_a_number": _("“{value}” is not a number."),
    "not_an_archive": _("A source must be a .tar.gz or .zip archive, not {value}."),
    "not_finite": _("This is not a finite number."),
    "not_money": _("“{value}” is not an amount in yuan. Write a number with at most six decimals, such as 12.50."),
    "not_plain": _("A value of type {type} is not allowed here. Put it in quotes to mean text."),
    "not_text": _("This text has broken characters. Write it again."),
    "not_utf8": _("The text is not UTF-8 (byte {position}). Save the file as UTF-8."),
    "nul_byte": _("This text has a NUL byte. Remove it."),
    "path_outside": _("“{value}” leaves the working directory. Use a relative path without “..”."),
    "path_twice": _("Two inputs have the path “{value}”. Give each its own."),
    "region_unknown": _("There is no region “{value}”. Known regions: {known}."),
    "secret_in_env": _("“{name}” is both a variable and a secret. Keep the secret."),
    "source_one_of": _("A source is an upload or a git commit, not both."),
    "source_refused": _("This archive was refused: {value}"),
    "text_too_large": _("The text has {value} bytes; the most is {limit}. Send data as an upload."),
    "too_deep": _("The document is nested too deeply; the most is {most} levels."),
    "too_large": _("“{value}” is too much; the most is {limit}."),
    "too_long": _("This is too long; the most is {limit} characters."),
    "too_many": _("These are too many; the most is {limit}."),
    "too_small": _("“{value}” is too little; the least is {limit}."),
    "unknown_field": _("There is no field “{field}”."),
    "unknown_version": _("Version {value} is not known here. This server reads version {limit}."),
    "url_refused": _("This address was refused: {value}"),
    "voucher_not_found": _("Your organisation has no voucher {value}."),
    "wrong_type": _("This must be of type {wanted}."),
    "yaml_alias": _("Line {line} uses a YAML alias (*name). Write the value out instead."),
}
_DID_YOU_MEAN: str | Promise = _("Did you mean “{nearest}”?")


def spec_problem_message(problem: SpecProblem) -> str:
    sentence = _fill(SPEC_PROBLEMS.get(problem.code, SPEC_PROBLEMS["invalid"]), problem.facts)
    if problem.facts.get("nearest"):
        sentence = f"{sentence} {_fill(_DID_YOU_MEAN, problem.facts)}"
    return sentence


class JobSpecRefused(InvalidInput):
    code = "invalid_job_spec"
    message = _("The job spec needs a correction.")


def spec_refused(invalid: SpecInvalid) -> JobSpecRefused:
    """The refusal that API, pages and command line show: every problem with its path, code and sentence."""
    return JobSpecRefused(
        problems=[FieldProblem(path=p.path, message=spec_problem_message(p), code=p.code) for p in invalid.problems]
    )


# ── placement ────────────────────────────────────────────────────────────────────────────────────────────────────

REASONS: dict[str, str | Promise] = {
    "card_memory_too_small": _("Its cards have {has} GiB of memory; the job needs {needs} GiB."),
    "data_must_stay": _("It is in {has}; the data may not leave {needs}."),
    "draining": _("It takes no new jobs at the moment."),
    "isolation_too_low": _("It isolates jobs at level {has} only; the policy asks for {needs}."),
    "latency_unknown": _("The latency to {region} is not known, and the job sets a limit."),
    "no_cards": _("It has no accelerators."),
    "no_images": _("It cannot run container images."),
    "no_network": _("It gives jobs no network."),
    "no_price": _("It has no price for what the job needs."),
    "not_domestic": _("Its cards ({has}) are not domestic."),
    "offline": _("It does not answer at the moment."),
    "over_budget": _(
        "It would cost up to {cost} yuan; the limit is {limit}. Raise the budget or lower the time limit."
    ),
    "planned_only": _("It is announced but not built: planning only."),
    "retired": _("It is out of service."),
    "too_far": _("It is {has} ms from {region}; the limit is {limit} ms."),
    "too_few_cards": _("A node has {has} cards; the job needs {needs}."),
    "too_few_cpus": _("A node has {has} CPUs; the job needs {needs}."),
    "too_few_nodes": _("It has {has} nodes; the job needs {needs}."),
    "too_little_memory": _("A node has {has} MiB of memory; the job needs {needs} MiB."),
    "wrong_stack": _("Its software stack is {has}; the job accepts {needs}."),
    "wrong_vendor": _("Its cards are by {has}; the job accepts {needs}."),
}

TERMS: dict[str, str | Promise] = {
    "price": _("Price for the time limit, after the voucher"),
    "start": _("Expected start"),
    "latency": _("Latency"),
    "green": _("Carbon for the time limit"),
}


def reason_sentence(code: str, facts: Mapping[str, Any]) -> str:
    """Why a cluster was not chosen."""
    return _fill(REASONS.get(code, code), _readable(facts))


def term_label(name: str) -> str:
    return str(TERMS.get(name, name))


def term_value(name: str, value: int | None) -> str:
    """A term's value with its unit."""
    if value is None:
        return gettext_now("not known")
    if name == "price":
        return gettext_now("{amount} yuan").format(amount=exact_yuan(value))
    if name == "start":
        return gettext_now("now") if value == 0 else gettext_now("in {seconds} s").format(seconds=value)
    if name == "latency":
        return f"{value / 1000:.1f} ms"
    if name == "green":
        return f"{value / 1000:.1f} gCO2"
    return str(value)


def chosen_sentence(
    chosen: Mapping[str, Any], *, others: Sequence[Mapping[str, Any]] = (), rejected: Sequence[Mapping[str, Any]] = ()
) -> str:
    """Why a run goes where it goes, in one or two sentences. The arguments are as a Placement row keeps them."""
    name = in_reader_language(chosen["cluster_name"], chosen.get("cluster_name_en", ""))
    where = {"cluster": name, "pool": chosen["pool"]}
    if not others and not rejected:
        return gettext_now("{cluster} ({pool}) is the only cluster there is, and the job fits.").format(**where)
    if not others:
        return gettext_now("{cluster} ({pool}) is the only one of {all} clusters that fits.").format(
            **where, all=len(rejected) + 1
        )
    first = gettext_now("{cluster} ({pool}) is the best of {fitting} clusters that fit.").format(
        **where, fitting=len(others) + 1
    )
    ahead = [term_label(name).lower() for name in _ahead_in(chosen, others)]
    return f"{first} " + gettext_now("It is ahead in: {terms}.").format(terms=", ".join(ahead)) if ahead else first


def _ahead_in(chosen: Mapping[str, Any], others: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """The weighted terms in which no other cluster is as good."""
    for term in chosen["terms"]:
        rivals = [t["relative_ppm"] for other in others for t in other["terms"] if t["name"] == term["name"]]
        if term["weight_milli"] and all(term["relative_ppm"] < rival for rival in rivals):
            yield term["name"]


# Why a voucher pays, or none does.
VOUCHER_CHOICES: dict[str, str | Promise] = {
    "named": _("Voucher {number} pays a share of {share} %, as the job asks."),
    "auto": _("Voucher {number} pays a share of {share} %: of your usable vouchers it pays most for this job."),
    "no_voucher": _("The wallet pays alone, as the job asks."),
    "none_usable": _("The wallet pays alone: there is no voucher that can be used."),
}


def voucher_sentence(choice: str, *, number: str, share_ppm: int) -> str:
    """Which voucher pays, and why that one."""
    return _fill(VOUCHER_CHOICES.get(choice, ""), {"number": number, "share": f"{share_ppm / 10_000:g}"})


def _readable(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Micro-yuan as yuan, microseconds as milliseconds, lists as text."""
    shown: dict[str, Any] = {}
    for name, value in facts.items():
        if name.endswith("_micro"):
            shown[name.removesuffix("_micro")] = exact_yuan(value)
        elif name.endswith("_us"):
            shown[name.removesuffix("_us")] = "?" if value is None else f"{value / 1000:g}"
        elif isinstance(value, list | tuple):
            shown[name] = ", ".join(str(item) for item in value)
        else:
            shown[name] = "?" if value is None else value
    return shown


class _Shown(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return "?"


def _fill(sentence: str | Promise, facts: Mapping[str, Any]) -> str:
    return str(sentence).format_map(_Shown(facts))
