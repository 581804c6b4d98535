"""Key files: whole or not at all, and one winner among many."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from doorstep.adapters.keyfiles import read_or_create_secret, write_whole


def test_of_many_first_starts_one_wins(tmp_path: Path) -> None:
    """Starters that race for one secret all get the same one, and leave nothing else behind."""
    path = tmp_path / "keys" / "secret"
    with ThreadPoolExecutor(8) as pool:
        got = set(pool.map(lambda n: read_or_create_secret(path, b"secret %d" % n), range(16)))
    assert got == {path.read_bytes()}
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(path.parent.iterdir()) == [path]


def test_a_failed_write_leaves_what_stood_there(tmp_path: Path) -> None:
    """Where a file cannot take its place, nothing half-written stays."""
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "inner").write_bytes(b"old")
    with pytest.raises(OSError, match="taken"):
        write_whole(tmp_path / "taken", b"new", 0o600)
    assert [path.name for path in tmp_path.iterdir()] == ["taken"]


def test_writing_replaces_with_the_mode_asked(tmp_path: Path) -> None:
    """A file is replaced as a whole and gets its mode whatever it had."""
    path = tmp_path / "public"
    path.write_bytes(b"a longer old content")
    path.chmod(0o600)
    write_whole(path, b"new", 0o644)
    assert path.read_bytes() == b"new"
    assert path.stat().st_mode & 0o777 == 0o644
