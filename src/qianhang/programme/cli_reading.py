"""Reading and comparing plans on this machine alone: no server, no database, no Django."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from qianhang.appliance.exits import ExitCode
from qianhang.appliance.problems import ApplianceError
from qianhang.core.web.words import gettext as _

from .reading.findings import Reading
from .refusal_words import why_unreadable

STANDARD_INPUT = "-"


def read_document(file: Path) -> dict[str, Any]:
    """What is found in a file, under the field names of the gold. Raises ApplianceError when it cannot be read."""
    from .reading.read import as_json

    return {"file": file.name, **as_json(_reading(file))}


def compare_files(files: Sequence[Path]) -> dict[str, Any]:
    """The files' plans side by side, shaped as the server's answer."""
    from .reading.normal import normalise
    from .rules.alignment import Named, Stated, align_names, align_targets

    def simplified(text: str) -> str:
        return normalise(text).text

    readings = {str(place): _reading(file) for place, file in enumerate(files, start=1)}
    targets = align_targets(
        Stated(
            plan=plan,
            indicator=simplified(one.indicator),
            comparator=one.comparator.value,
            value=one.value,
            value_max=one.value_max,
            unit=simplified(one.unit),
            canonical=one.canonical.value if one.canonical else None,
            base=one.canonical.unit if one.canonical else "",
            deadline=one.deadline,
            period=one.period or "",
            aim=one.aim,
        )
        for plan, reading in readings.items()
        for one in reading.targets
    )
    tasks = align_names(
        Named(plan, simplified(one.title)) for plan, reading in readings.items() for one in reading.tasks
    )
    systems = align_names(
        Named(plan, simplified(one.name)) for plan, reading in readings.items() for one in reading.systems
    )
    return {
        "plans": [
            {
                "id": plan,
                "title": _title(reading, file),
                "region": reading.meta.region or "",
                "dated": reading.meta.date.isoformat() if reading.meta.date else None,
            }
            for (plan, reading), file in zip(readings.items(), files, strict=True)
        ],
        "targets": [
            {
                "name": row.name,
                "plans": {
                    plan: [
                        {
                            "indicator": one.indicator,
                            "comparator": one.comparator,
                            "value": f"{one.value:f}",
                            "value_max": None if one.value_max is None else f"{one.value_max:f}",
                            "unit": one.unit,
                            "deadline": one.deadline.isoformat() if one.deadline else None,
                            "aim": one.aim,
                        }
                        for one in stated
                    ]
                    for plan, stated in row.of.items()
                },
            }
            for row in targets
        ],
        **{
            kind: [
                {"name": row.name, "plans": {plan: [one.name for one in names] for plan, names in row.of.items()}}
                for row in rows
            ]
            for kind, rows in (("tasks", tasks), ("systems", systems))
        },
    }


def no_such_file(file: Path) -> ApplianceError:
    return ApplianceError(
        _("{file} is not there, or is no file.").format(file=file), remedy="", exit_code=ExitCode.USAGE
    )


def _reading(file: Path) -> Reading:
    from .reading.intake import extract
    from .reading.read import read_plan
    from .reading.refusals import ReadingRefused

    try:
        data = sys.stdin.buffer.read() if str(file) == STANDARD_INPUT else file.read_bytes()
    except OSError as error:
        raise no_such_file(file) from error
    try:
        return read_plan(extract(data, filename=file.name).text)
    except ReadingRefused as refused:
        facts = {name: str(value) for name, value in refused.facts.items()}
        raise ApplianceError(
            _("{file} cannot be read.").format(file=file),
            remedy=why_unreadable(refused.code, facts, _),
            exit_code=ExitCode.REFUSED,
        ) from refused


def _title(reading: Reading, file: Path) -> str:
    return reading.meta.title or reading.meta.title_inferred or file.name
