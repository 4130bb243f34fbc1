"""Open formats for what was observed: an SDMX-JSON 2.0 data message, and CSV.

One data set with a series for each target; the time dimension is at observation level, and each observation carries
its value in the target's unit. Source: SDMX-JSON data message, version 2.0.0, field guide and JSON schema
(github.com/sdmx-twg/sdmx-json).
"""

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from .queries.board import TargetView

SCHEMA = "https://raw.githubusercontent.com/sdmx-twg/sdmx-json/master/data-message/tools/schemas/2.0.0/sdmx-json-data-schema.json"
COLUMNS = (
    "plan", "region", "target_id", "indicator", "comparator", "target_value", "target_value_max", "unit", "deadline",
    "aim", "day", "value", "progress_percent", "light",
)  # fmt: skip
NO_UNIT, NO_REGION = "1", "—"
# Chinese editions of spreadsheets take the full-width signs for the same.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def csv_of(targets: Iterable[TargetView]) -> str:
    """One line an observation; a target without any has one line with an empty day. UTF-8 with CRLF (RFC 4180)."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for target in targets:
        fixed = [
            safe_cell(target.plan_title), safe_cell(target.region), target.id, safe_cell(target.indicator),
            target.comparator, target.value, _blank(target.value_max), safe_cell(target.unit), _blank(target.deadline),
            "true" if target.aim else "false",
        ]  # fmt: skip
        last = target.points[-1].day if target.points else None
        for point in target.points:
            share = target.progress_percent if point.day == last else None
            writer.writerow([*fixed, point.day, point.value, _blank(share), target.light if point.day == last else ""])
        if not target.points:
            writer.writerow([*fixed, "", "", "", target.light])
    return out.getvalue()


def safe_cell(text: str) -> str:
    """Text that a spreadsheet does not take for a formula (OWASP, CSV Injection)."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def sdmx_json(targets: Sequence[TargetView], *, prepared: datetime, sender: str, message_id: str) -> dict[str, Any]:
    """The message as plain JSON values. Targets without an observation are left out, as data is what it carries.

    `sender` and `message_id` are of letters, digits, `-`, `_`, `@` and `$`.
    """
    told = [target for target in targets if target.points]
    days = sorted({point.day for target in told for point in target.points})
    places = {day: place for place, day in enumerate(days)}
    units = sorted({target.unit or NO_UNIT for target in told})
    regions = sorted({target.region or NO_REGION for target in told})
    series = {
        f"{place}:{regions.index(target.region or NO_REGION)}:{units.index(target.unit or NO_UNIT)}": {
            "attributes": [place],
            "observations": {str(places[point.day]): [_number(point.value)] for point in target.points},
        }
        for place, target in enumerate(told)
    }
    return {
        "meta": {
            "schema": SCHEMA,
            "id": message_id,
            "test": False,
            "prepared": prepared.isoformat(),
            "contentLanguages": ["zh"],
            "sender": {"id": sender},
        },
        "data": {
            "dataSets": [{"structure": 0, "action": "Information", "links": [], "series": series}] if told else [],
            "structures": [_structure(told, regions, units, days)] if told else [],
        },
    }


def _structure(
    targets: Sequence[TargetView], regions: Sequence[str], units: Sequence[str], days: Sequence[date]
) -> dict[str, Any]:
    """What each place of a series key and of an observation key means. Values without a code list are bare values."""
    return {
        "dataSets": [0],
        "dimensions": {
            "series": [
                {
                    "id": "TARGET",
                    "keyPosition": 0,
                    "roles": ["INDICATOR"],
                    "values": [{"id": str(one.id), "name": one.indicator} for one in targets],
                },
                {"id": "REF_AREA", "keyPosition": 1, "roles": ["GEO"], "values": [{"value": one} for one in regions]},
                {"id": "UNIT_MEASURE", "keyPosition": 2, "values": [{"value": one} for one in units]},
            ],
            "observation": [
                {
                    "id": "TIME_PERIOD",
                    "keyPosition": 3,
                    "roles": ["TIME"],
                    "values": [{"value": day.isoformat()} for day in days],
                }
            ],
        },
        "measures": {"observation": [{"id": "OBS_VALUE", "roles": ["PRIMARY"]}]},
        "attributes": {
            "series": [
                {
                    "id": "TARGET_NOTE",
                    "relationship": {"dimensions": ["TARGET"]},
                    "values": [{"id": str(one.id), "name": _note(one)} for one in targets],
                }
            ]
        },
    }


def _note(target: TargetView) -> str:
    """What the target asks for, in one line that a reader of the data understands."""
    bound = f"{target.value}–{target.value_max}" if target.value_max is not None else str(target.value)
    until = target.deadline.isoformat() if target.deadline else ""
    return f"{target.comparator} {bound} {target.unit} {until}".strip()


def _number(value: Decimal) -> int | float | str:
    """JSON has one kind of number; an integer stays one, and what a double cannot hold is text, which SDMX allows."""
    if value == value.to_integral_value():
        return int(value)
    return float(value) if Decimal(repr(float(value))) == value else f"{value:f}"


def _blank(value: Any) -> Any:
    return "" if value is None else value
