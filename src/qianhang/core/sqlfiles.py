"""SQL that migrations run lives in .sql files beside the code that calls it, where it can be read and reviewed."""

from importlib.resources import files


def sql_file(package: str, name: str) -> str:
    """The text of `sql/<name>` in `package`, such as `sql_file("qianhang.core.ledger", "tables.sql")`."""
    return files(package).joinpath("sql", name).read_text(encoding="utf-8")
