"""A failure leaves nothing half-written behind."""

from __future__ import annotations

import errno
import os
import subprocess
from pathlib import Path

import pytest

from forefield.errors import InputError
from forefield.io.files import new_file, new_folder


def test_a_failed_file_leaves_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("old")
    with pytest.raises(RuntimeError), new_file(path) as temporary:
        temporary.write_text("half")
        raise RuntimeError
    assert path.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["a.txt"]


def test_a_path_below_a_regular_file_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="file"), new_file(tmp_path / "file/x/a.txt"):
        pass
    with pytest.raises(InputError, match="file"), new_folder(tmp_path / "file/x"):
        pass


def test_a_folder_with_other_files_is_not_touched(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("dear")
    with pytest.raises(InputError, match="holds other files"), new_folder(tmp_path):
        pass
    assert [p.name for p in tmp_path.iterdir()] == ["letter.txt"]


def test_a_new_result_replaces_an_old_one_whole(tmp_path: Path) -> None:
    out = tmp_path / "run"
    for names in (["manifest.json", "old.txt"], ["manifest.json", "new.txt"]):
        with new_folder(out) as staging:
            for name in names:
                (staging / name).write_text(name)
    assert sorted(p.name for p in out.iterdir()) == ["manifest.json", "new.txt"]


def test_a_failed_folder_was_never_there(tmp_path: Path) -> None:
    with (
        pytest.raises(InputError, match="no space left"),
        new_folder(tmp_path / "a/b") as staging,
    ):
        (staging / "x").write_text("x")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_one_line_and_leaves_nothing(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(disk)],
        capture_output=True,
        check=False,
    )
    if mounted.returncode:
        pytest.skip("cannot mount a small tmpfs here (needs root)")
    try:
        with (
            pytest.raises(InputError, match="no space left"),
            new_folder(disk / "run") as staging,
        ):
            (staging / "big").write_bytes(bytes(200_000))
        assert list(disk.iterdir()) == []
    finally:
        subprocess.run(["umount", str(disk)], check=True)
