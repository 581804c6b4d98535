"""What pages and tests carry of others is what the lock says, and a changed file would be noticed."""

import shutil
from pathlib import Path

import pytest
from tools.vendor import Target, differences, locked


@pytest.mark.parametrize("target", Target)
def test_every_vendored_file_is_the_locked_one(target: Target) -> None:
    """Each vendored file has the SHA-256 of the lock, none is missing and none is there without a lock."""
    assert differences(target) == []


@pytest.mark.parametrize("target", Target)
def test_every_package_brings_its_licence(target: Target) -> None:
    """Each package is locked with version, licence and integrity, and the licence's text lies beside it."""
    assert locked(target.folder)
    for package in locked(target.folder):
        assert package.version
        assert package.license
        assert package.integrity.startswith("sha512-")
        assert any(path.endswith("/LICENSE") for path in package.files)


@pytest.mark.parametrize(
    ("breach", "sentence"),
    [
        (lambda vendor: (vendor / "inter/inter-latin.woff2").write_bytes(b"x"), "is not the file"),
        (lambda vendor: (vendor / "inter/LICENSE").unlink(), "is in the lock and missing"),
        (lambda vendor: (vendor / "stray.js").write_text(""), "is not in the lock"),
        (lambda vendor: (vendor / "vendor.lock.json").write_text("[]"), "name different packages"),
    ],
    ids=["changed", "missing", "stray", "unlocked"],
)
def test_a_difference_is_noticed(tmp_path: Path, breach: object, sentence: str) -> None:
    """A changed, missing or stray file, and a lock of other packages, are each named."""
    vendor = Path(shutil.copytree(Target.pages.folder, tmp_path / "vendor"))
    assert differences(Target.pages, vendor) == []
    assert callable(breach)
    breach(vendor)
    assert any(sentence in said for said in differences(Target.pages, vendor))
