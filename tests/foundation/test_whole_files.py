"""A file is written whole or stays as it was, whatever the disk or a signal does."""

import os
import resource
import signal
import subprocess
import sys
import time
from contextlib import contextmanager, suppress

import pytest

from harness.foundation import whole_files
from harness.foundation.whole_files import NotWritten
from harness.studies import ledger

LIMIT = 4096  # bytes that a file may have where the disk is full


@contextmanager
def full_disk():
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (LIMIT, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_full_disk_leaves_the_old_file(tmp_path):
    path = tmp_path / "rows.csv"
    rows = [{"name": f"row {k}", "kl": k / 7} for k in range(1000)]
    ledger.write(path, rows[:10], ["name"])
    old = path.read_bytes()
    with full_disk(), pytest.raises(NotWritten, match=r"cannot write .*rows\.csv: File too large"):
        ledger.write(path, rows, ["name"])
    assert path.read_bytes() == old
    assert list(tmp_path.iterdir()) == [path]
    ledger.write(path, rows, ["name"])
    assert len(ledger.read(path)) == 1000


def test_an_error_while_writing_leaves_the_old_file(tmp_path):
    path = tmp_path / "page.html"
    whole_files.write_text(path, "old")
    with suppress(KeyError), whole_files.replacing(path) as part:
        part.write_text("half")
        raise KeyError
    assert (path.read_text(), list(tmp_path.iterdir())) == ("old", [path])


def test_links_and_modes_stay_and_what_is_no_file_is_written_directly(tmp_path):
    path, link = tmp_path / "there" / "a.json", tmp_path / "link.json"
    whole_files.write_text(path, "old")
    path.chmod(0o640)
    link.symlink_to(path)
    whole_files.append_text(link, ", new")
    assert link.is_symlink()
    assert path.read_text() == "old, new"
    assert path.stat().st_mode & 0o777 == 0o640
    whole_files.write_text(tmp_path / "other", "")
    umask = os.umask(0)
    os.umask(umask)
    assert (tmp_path / "other").stat().st_mode & 0o777 == 0o666 & ~umask
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    whole_files.write_text(pipe, "told")
    assert os.read(reader, 9) == b"told"
    os.close(reader)


def test_what_cannot_be_written_is_found_before_and_nothing_is_left(tmp_path):
    taken = tmp_path / "taken"
    taken.write_text("")
    for path in (tmp_path, taken / "rows.csv"):
        with pytest.raises(NotWritten, match="cannot write"):
            whole_files.check_file(path)
        with pytest.raises(NotWritten, match="cannot write"):
            whole_files.write_text(path, "")
    whole_files.check_file(tmp_path / "new" / "rows.csv")
    whole_files.check_folder(tmp_path / "new")
    assert list(tmp_path.iterdir()) == [taken]


@pytest.mark.skipif(os.geteuid() == 0, reason="permissions do not bind root")
def test_a_read_only_folder_is_found_before(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(NotWritten, match="Permission denied"):
        whole_files.check_folder(tmp_path / "new")


WRITER = """
import sys
from pathlib import Path
from harness.foundation import whole_files
print("begun", flush=True)
for number in range(10**9):
    whole_files.write_text(Path(sys.argv[1]), f"{number % 10}" * 200_000)
"""


@pytest.mark.parametrize("kills", [3, pytest.param(20, marks=pytest.mark.slow)])
def test_a_kill_leaves_a_whole_file(tmp_path, kills):
    path = tmp_path / "file"
    for number in range(kills):
        program = [sys.executable, "-c", WRITER, str(path)]
        writer = subprocess.Popen(program, stdout=subprocess.PIPE)
        assert writer.stdout
        writer.stdout.readline()
        time.sleep(0.05 + 0.0137 * number)
        writer.send_signal(signal.SIGKILL)
        writer.communicate()
        found = path.read_text()
        assert len(found) == 200_000
        assert len(set(found)) == 1
