import pytest

from qianhang.core.vault import CannotOpen, open_sealed, reseal, seal

OLD, NEW = "old-" + "k" * 40, "new-" + "k" * 40


@pytest.fixture(autouse=True)
def _keys(settings):
    settings.VAULT_KEYS = [OLD]
    settings.SECRET_KEY = "s" * 50


def test_a_secret_opens_where_it_was_sealed_and_nowhere_else():
    sealed = seal("密码", context="job:1")
    assert open_sealed(sealed, context="job:1") == "密码".encode()
    with pytest.raises(CannotOpen):
        open_sealed(sealed, context="job:2")


def test_the_same_secret_never_looks_the_same():
    assert seal("x", context="c") != seal("x", context="c")
    assert b"topsecret" not in seal("topsecret", context="c")


@pytest.mark.parametrize("at", [0, 1, 4, 5, 16, 17, -1])
def test_any_changed_byte_is_noticed(at):
    sealed = bytearray(seal("x" * 20, context="c"))
    sealed[at] ^= 1
    with pytest.raises(CannotOpen):
        open_sealed(bytes(sealed), context="c")


@pytest.mark.parametrize("sealed", [b"", b"\x01", b"\x01" * 16, b"\x01" * 17, b"\x02" * 40])
def test_what_was_never_sealed_does_not_open(sealed):
    with pytest.raises(CannotOpen):
        open_sealed(sealed, context="c")


def test_a_new_key_in_front_seals_and_the_old_one_still_opens(settings):
    before = seal("x", context="c")
    settings.VAULT_KEYS = [NEW, OLD]
    assert open_sealed(before, context="c") == b"x"
    after = reseal(before, context="c")
    assert reseal(after, context="c") == after
    settings.VAULT_KEYS = [NEW]
    assert open_sealed(after, context="c") == b"x"
    with pytest.raises(CannotOpen, match="not configured"):
        open_sealed(before, context="c")


def test_without_configured_keys_the_secret_key_serves_and_keeps_opening(settings):
    settings.VAULT_KEYS = []
    sealed = seal("x", context="c")
    settings.VAULT_KEYS = [NEW]
    assert open_sealed(sealed, context="c") == b"x"


def test_a_short_key_is_refused(settings):
    settings.VAULT_KEYS = ["short"]
    with pytest.raises(ValueError, match="at least 32"):
        seal("x", context="c")
