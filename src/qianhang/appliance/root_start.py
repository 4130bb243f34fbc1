"""What root does before it stops being root."""

import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from qianhang.appliance.cgroups import delegate
from qianhang.appliance.folder import default_data_dir
from qianhang.appliance.privileges import (
    SYSTEM_DATA_DIR,
    Window,
    become,
    claim_folder,
    ensure_service_user,
    is_root,
    needed_paths,
)

BECAME = "QIANHANG_BECAME"
"""Set once root was given up: the data folder is then settled, whatever the repeated command line says."""


def planned_data_dir(named: Path | None) -> Path:
    """The data folder that a command with these options would use; nothing is made."""
    if named is not None and BECAME not in os.environ:
        return named.absolute()
    return SYSTEM_DATA_DIR if is_root() and "QIANHANG_DATA_DIR" not in os.environ else default_data_dir()


def settle_data_dir(named: Path | None, *, tell: Callable[[str], None], carry: Mapping[str, int] | None = None) -> Path:
    """The data folder of this command. As root, this does not return: the same command starts again unprivileged.

    `carry` maps environment names to open descriptors that the unprivileged process takes over: files that root could
    open and the service user could not.
    """
    folder = planned_data_dir(named)
    if not is_root():
        return folder
    owner, made = ensure_service_user()
    if made:
        tell(f"Made the system user {owner.name}: Qianhang does not run as root.")
    claim_folder(folder, owner)
    delegate(owner)
    for descriptor in (carry or {}).values():
        os.set_inheritable(descriptor, True)  # noqa: FBT003 - the standard library takes it by position
    environment = {
        **os.environ,
        **{name: str(descriptor) for name, descriptor in (carry or {}).items()},
        "QIANHANG_DATA_DIR": str(folder),
        BECAME: owner.name,
    }
    become(
        owner,
        Window(needed_paths(), writable=(folder,)),
        [sys.executable, "-m", "qianhang", *sys.argv[1:]],
        environment=environment,
    )
