"""What the product imports is what `make up` installs: the larger environment of the tests must not hide a gap."""

import ast
import re
import sys
from importlib.metadata import packages_distributions

from tests.harness.database import REPOSITORY


def imported() -> set[str]:
    """The top-level names of everything that src imports and that is neither ours nor the standard library's."""
    names: set[str] = set()
    for path in (REPOSITORY / "src").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                names |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
                names.add(node.module.split(".")[0])
    return names - set(sys.stdlib_module_names) - {"qianhang"}


def locked(name: str) -> set[str]:
    text = (REPOSITORY / name).read_text("utf-8")
    return {re.sub(r"[-_.]+", "-", found).lower() for found in re.findall(r"^([A-Za-z0-9._-]+)==", text, re.MULTILINE)}


def test_every_import_of_the_product_is_in_the_requirements_of_make_up():
    homes = packages_distributions()
    missing = {
        name
        for name in imported()
        if locked("requirements.txt").isdisjoint(
            re.sub(r"[-_.]+", "-", home).lower() for home in homes.get(name, [name])
        )
    }
    assert missing == set()


def test_every_requirement_has_a_hash_and_none_has_an_address():
    for name in ("requirements.txt", "requirements-dev.txt"):
        text = (REPOSITORY / name).read_text("utf-8")
        entries = re.split(r"^(?=[A-Za-z0-9])", text, flags=re.MULTILINE)[1:]
        assert len(entries) > 70
        assert [entry.split()[0] for entry in entries if "--hash=sha256:" not in entry] == []
        assert "://" not in text
