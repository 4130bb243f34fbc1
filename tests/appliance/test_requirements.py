"""What the product imports is what `make up` installs: the larger environment of the tests must not hide a gap."""

import re
import subprocess
import sys
from importlib.metadata import packages_distributions

from tests.appliance.running import clean_environment
from tests.harness.database import REPOSITORY


def locked(name: str) -> set[str]:
    text = (REPOSITORY / name).read_text("utf-8")
    return {re.sub(r"[-_.]+", "-", found).lower() for found in re.findall(r"^([A-Za-z0-9._-]+)==", text, re.MULTILINE)}


# An environment that has only what `make up` installs, as far as imports can tell.
ONLY_MAKE_UP = """
import sys
from importlib.abc import MetaPathFinder

class Absent(MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in ABSENT:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Absent())
import django
django.setup()
from django.template.backends.django import get_installed_libraries
from django.urls import get_resolver
get_installed_libraries()
print(len(get_resolver().url_patterns) > 5)
import qianhang.wiring.asgi, qianhang.wiring.cli, qianhang.wiring.demo, qianhang.wiring.worker
qianhang.wiring.cli.build()
"""


def test_pages_worker_and_command_line_load_without_what_only_the_tests_bring():
    shipped = locked("requirements.txt")
    absent = {
        name
        for name, homes in packages_distributions().items()
        if shipped.isdisjoint(re.sub(r"[-_.]+", "-", home).lower() for home in homes) and name != "qianhang"
    }
    assert {"pytest", "markupsafe", "playwright"} <= absent
    loaded = subprocess.run(
        [sys.executable, "-c", f"ABSENT = {sorted(absent)!r}\n{ONLY_MAKE_UP}"],
        env=clean_environment() | {"DJANGO_SETTINGS_MODULE": "qianhang.wiring.settings"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (loaded.returncode, loaded.stdout) == (0, "True\n"), loaded.stderr


def test_every_requirement_has_a_hash_and_none_has_an_address():
    for name in ("requirements.txt", "requirements-dev.txt"):
        text = (REPOSITORY / name).read_text("utf-8")
        entries = re.split(r"^(?=[A-Za-z0-9])", text, flags=re.MULTILINE)[1:]
        assert len(entries) > 70
        assert [entry.split()[0] for entry in entries if "--hash=sha256:" not in entry] == []
        assert "://" not in text
