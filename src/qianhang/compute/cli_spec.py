"""From options, files and names to a job spec that the server understands. No Django here."""

import difflib
import os
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from qianhang.appliance.exits import ExitCode
from qianhang.appliance.problems import ApplianceError
from qianhang.core.web.client import Client
from qianhang.core.web.words import gettext as _

MAX_SPEC_BYTES = 1024 * 1024


def read_spec(file: Path) -> dict[str, Any]:
    """The YAML or JSON document in `file`. Raises ApplianceError (USAGE) that says where it is wrong."""
    import yaml

    try:
        with file.open(encoding="utf-8") as stream:
            text = stream.read(MAX_SPEC_BYTES + 1)
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or getattr(error, "reason", "")
        raise usage(_("{file} cannot be read: {why}.").format(file=file, why=why)) from error
    if len(text) > MAX_SPEC_BYTES:
        raise usage(_("{file} is too large for a job spec.").format(file=file))
    try:
        document = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f":{mark.line + 1}:{mark.column + 1}" if mark else ""
        why = getattr(error, "problem", None) or _("it is not YAML")
        raise usage(f"{file}{where}: {why}") from error
    if not isinstance(document, dict):
        raise usage(_("{file} holds no job spec: it begins with names such as `command:`.").format(file=file))
    return document


def drop_unset(spec: Mapping[str, Any]) -> dict[str, Any]:
    """Without what the person did not say, so that the server's defaults hold."""
    return {
        name: drop_unset(value) if isinstance(value, Mapping) else value
        for name, value in spec.items()
        if value not in (None, "", [], {}, ())
    }


def read_pairs(pairs: Sequence[str], *, option: str, from_environment: bool = False) -> dict[str, str]:
    """`NAME=value` pairs; with `from_environment` a bare NAME takes its value from this shell."""
    found = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals:
            if not from_environment or name not in os.environ:
                raise usage(_("{option} takes NAME=value, not {pair}.").format(option=option, pair=pair))
            value = os.environ[name]
        found[name] = value
    return found


def region_code(client: Client, text: str) -> str:
    """The code of the region that `text` names in Chinese, English or by code, in any case.

    Raises ApplianceError (REFUSED) that suggests the nearest names.
    """
    regions = client.get("/regions")["items"]
    names: dict[str, str] = {}
    for region in regions:
        for name in (region["code"], region["name"], region["name_en"]):
            names[_folded(name)] = region["code"]
    wanted = _folded(text)
    if wanted in names:
        return names[wanted]
    near = difflib.get_close_matches(wanted, names, n=3, cutoff=0.5)
    near += [name for name in names if wanted and name.startswith(wanted) and name not in near]
    codes = list(dict.fromkeys(names[name] for name in near))
    shown = [_shown(region) for code in codes for region in regions if region["code"] == code]
    raise ApplianceError(
        _("There is no region {text}.").format(text=text),
        remedy=_("Did you mean {names}?").format(names=", ".join(shown))
        if shown
        else _("Regions: {names}").format(names=", ".join(_shown(region) for region in regions)),
        exit_code=ExitCode.REFUSED,
    )


def job_id(client: Client, text: str) -> str:
    """The id of the job that `text` is, is the beginning of, or names; `last` is the newest one.

    Raises ApplianceError (REFUSED) when there is none, or more than one.
    """
    try:
        return str(uuid.UUID(text))
    except ValueError:
        pass
    found = client.get("/jobs", limit=5, q=None if text == "last" else text)["items"]
    if text == "last" and found:
        return str(found[0]["id"])
    exact = [job for job in found if job["name"] == text or job["id"].startswith(text.lower())] or found
    if len(exact) == 1:
        return str(exact[0]["id"])
    if not exact:
        raise ApplianceError(
            _("There is no job {text}.").format(text=text),
            remedy=_("`qianhang jobs` lists them."),
            exit_code=ExitCode.REFUSED,
        )
    several = "\n".join(f"  {job['id']}  {job['name']}" for job in exact)
    raise ApplianceError(
        _("{text} may be several jobs:").format(text=text) + "\n" + several,
        remedy=_("Give more of the id."),
        exit_code=ExitCode.REFUSED,
    )


def usage(what: str) -> ApplianceError:
    """The command line, or a file it names, is wrong."""
    return ApplianceError(what, exit_code=ExitCode.USAGE)


def _folded(name: str) -> str:
    """Case, spaces, hyphens and the words for city are not what tells regions apart."""
    squeezed = name.casefold().replace(" ", "").replace("-", "").replace("_", "")
    return squeezed.removesuffix("市") if len(squeezed) > 2 else squeezed


def _shown(region: Mapping[str, Any]) -> str:
    return f"{region['name']} ({region['code']})"
