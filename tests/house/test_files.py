"""Files are whole or as they were before, whoever writes them, and wherever they lie."""

import errno
import fcntl
import os
import resource
import shutil
import stat
import subprocess
import sys
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph import files, nn
from tensorgraph.files import check_writable, replacing, write

ROOT = Path(__file__).parents[2]


def history():
    made = tg.train.History()
    made.append(epoch=1, cost=0.5)
    return made


def picture():
    return tg.render((tg.tensor([1.0], requires_grad=True) * 2).sum(), engine="own")


def error_table():
    return tg.diagnose.error_table(["a", "b"], [["blurry"], []])


WRITERS = {
    "save": lambda path: tg.train.save(path, model=nn.Linear(2, 1)),
    "to_csv": lambda path: history().to_csv(path),
    "picture.svg": lambda path: picture().save(path.with_suffix(".svg")),
    "report": lambda path: tg.diagnose.report(path, history=history()),
    "error sheet": lambda path: error_table().to_csv(path),
}


@pytest.mark.parametrize("writer", WRITERS)
def test_all_that_is_written_takes_the_place_of_the_file_before(tmp_path, monkeypatch, writer):
    replaced = []
    original = os.replace
    monkeypatch.setattr(os, "replace", lambda a, b: (replaced.append(b), original(a, b)))
    WRITERS[writer](tmp_path / "file")
    (name,) = os.listdir(tmp_path)
    assert replaced == [tmp_path / name]
    assert (tmp_path / name).stat().st_size > 10


# ---------------------------------------------------------------------------------- whole or before


class Killed(BaseException):
    """As what nothing catches."""


@pytest.mark.parametrize("error", [OSError("disk full"), Killed(), KeyboardInterrupt()])
def test_a_block_that_fails_leaves_the_file_before_and_nothing_else(tmp_path, error):
    file = tmp_path / "file"
    for before in (None, b"before"):
        if before:
            file.write_bytes(before)
        with pytest.raises(type(error)), replacing(file) as new:
            new.write_bytes(b"half")
            raise error
        assert os.listdir(tmp_path) == (["file"] if before else [])
    assert file.read_bytes() == b"before"


@pytest.fixture
def small_files():
    """Let no file be larger than 2000 bytes, as on a disk that is full."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2000, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.usefixtures("small_files")
def test_a_full_disk_leaves_the_file_before(tmp_path):
    write(tmp_path / "text", b"before")
    tg.train.save(tmp_path / "arrays", a=1)
    with pytest.raises(OSError) as caught:
        write(tmp_path / "text", b"x" * 3000)
    assert caught.value.errno == errno.EFBIG
    with pytest.raises(OSError, match=r"save: .*File too large: '.*arrays'") as caught:
        tg.train.save(tmp_path / "arrays", a=np.zeros(1000))
    assert caught.value.errno == errno.EFBIG
    assert (tmp_path / "text").read_bytes() == b"before"
    assert tg.train.load(tmp_path / "arrays") == {"a": 1}
    assert sorted(os.listdir(tmp_path)) == ["arrays", "text"]


def test_several_write_one_file_at_once(tmp_path):
    file = tmp_path / "file"
    contents = [bytes([i]) * 100_000 for i in range(4)]
    together = threading.Barrier(4)

    def save(content):
        together.wait()
        for _ in range(10):
            write(file, content)
            assert file.read_bytes() in contents

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(save, contents)) == [None] * 4  # nobody lost what it was writing
    assert os.listdir(tmp_path) == ["file"]


def test_what_another_is_writing_stays_and_what_the_killed_left_goes(tmp_path):
    file = tmp_path / "file"
    with replacing(file) as new:
        new.write_bytes(b"slow")
        write(file, b"quick")
        write(tmp_path / "other", b"other")
        assert new.read_bytes() == b"slow"
    assert file.read_bytes() == b"slow"
    for name in ("file", "other"):  # as one leaves it that is killed
        left = tmp_path / f"{files._stem(tmp_path / name)}0123456789abcdef.partial"
        left.mkdir()
        (left / "lock").touch()
        (left / "file").write_bytes(b"half")
    write(file, b"again")
    assert sorted(os.listdir(tmp_path)) == [left.name, "file", "other"]


def test_a_process_that_was_killed_is_swept_away_after(tmp_path):
    script = (
        "import os, sys, signal\nfrom tensorgraph.files import replacing\n"
        "with replacing(sys.argv[1]) as new:\n"
        "    new.write_bytes(b'half')\n    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    file = tmp_path / "file"
    write(file, b"before")
    subprocess.run([sys.executable, "-c", script, str(file)], cwd=ROOT, check=False)
    assert len(os.listdir(tmp_path)) == 2
    assert file.read_bytes() == b"before"
    write(file, b"after")
    assert os.listdir(tmp_path) == ["file"]


def test_a_workshop_that_is_swept_away_before_it_is_locked(tmp_path, monkeypatch):
    """The window between making it and locking it, at both of its ends."""
    made, lock = Path.mkdir, fcntl.flock
    swept = []

    def mkdir(self, *args):
        made(self, *args)
        if len(swept) == 0:
            swept.append(self)
            files._sweep(tmp_path / "file")

    def flock(handle, flags):
        if not flags & fcntl.LOCK_NB and len(swept) == 1:
            swept.append(handle)
            files._sweep(tmp_path / "file")
        lock(handle, flags)

    monkeypatch.setattr(Path, "mkdir", mkdir)
    monkeypatch.setattr(fcntl, "flock", flock)
    write(tmp_path / "file", b"x")
    assert len(swept) == 2
    assert (tmp_path / "file").read_bytes() == b"x"
    assert os.listdir(tmp_path) == ["file"]


@pytest.mark.parametrize("without_lock", [False, True])
def test_what_an_interruption_left_is_swept_away(tmp_path, monkeypatch, without_lock):
    def interrupted(*args, **options):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(shutil, "rmtree", interrupted)
        with pytest.raises(KeyboardInterrupt), replacing(tmp_path / "file") as new:
            new.write_bytes(b"half")
            (new.parent / "more").write_bytes(b"half")
            interrupted()
    (left,) = tmp_path.iterdir()
    assert [path.name for path in left.iterdir()] == ["lock"]  # which is small
    if without_lock:
        (left / "lock").unlink()
    write(tmp_path / "file", b"x")
    assert os.listdir(tmp_path) == ["file"]


def test_a_file_system_without_locks(tmp_path, monkeypatch):
    def no_lock(*args):
        raise OSError(errno.ENOLCK, "no locks")

    monkeypatch.setattr(fcntl, "flock", no_lock)
    with replacing(tmp_path / "file") as new:
        write(tmp_path / "file", b"quick")
        new.write_bytes(b"slow")
    assert (tmp_path / "file").read_bytes() == b"slow"


# ------------------------------------------------------------------------------------------- names


@pytest.mark.parametrize("length", [1, 200, 230, 250, 255])
def test_names_as_long_as_the_system_has_them(tmp_path, length):
    name = "n" * length
    write(tmp_path / name, b"1")
    write(tmp_path / name, b"2")
    assert (tmp_path / name).read_bytes() == b"2"
    assert os.listdir(tmp_path) == [name]


def test_a_name_that_is_too_long_is_named_itself(tmp_path):
    with pytest.raises(OSError, match=f"'{tmp_path}/{'n' * 256}'$") as caught:
        write(tmp_path / ("n" * 256), b"1")
    assert caught.value.errno == errno.ENAMETOOLONG


def test_a_relative_name_stays_where_it_was(tmp_path, monkeypatch):
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path)
    with replacing("file") as new:
        new.write_bytes(b"x")
        monkeypatch.chdir("elsewhere")
    assert (tmp_path / "file").read_bytes() == b"x"


# ------------------------------------------------------------------------- links, modes, and owners


@pytest.mark.parametrize("there", [True, False])
def test_a_symbolic_link_stays_and_what_it_leads_to_is_written(tmp_path, there):
    real = tmp_path / "real"
    real.mkdir()
    if there:
        (real / "file").write_bytes(b"before")
    (tmp_path / "link").symlink_to("real/file")
    (tmp_path / "link of it").symlink_to("link")
    write(tmp_path / "link of it", b"after")
    assert (tmp_path / "link").is_symlink() and (tmp_path / "link of it").is_symlink()
    assert (real / "file").read_bytes() == b"after"
    assert os.listdir(real) == ["file"]


def test_links_in_a_circle(tmp_path):
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    with pytest.raises(OSError) as caught:
        write(tmp_path / "a", b"x")
    assert caught.value.errno == errno.ELOOP


def test_another_name_of_a_file_keeps_the_one_before(tmp_path):
    write(tmp_path / "file", b"before")
    os.link(tmp_path / "file", tmp_path / "backup")
    write(tmp_path / "file", b"after")
    assert (tmp_path / "backup").read_bytes() == b"before"


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o644, 0o664, 0o200, 0o755])
@pytest.mark.parametrize("writer", ["save", "to_csv"])
def test_a_file_keeps_its_mode(tmp_path, writer, mode):
    file = tmp_path / "file"
    file.touch()
    file.chmod(mode)
    WRITERS[writer](file)
    assert stat.S_IMODE(file.stat().st_mode) == mode


@pytest.mark.parametrize("umask", [0o022, 0o077, 0o002])
@pytest.mark.parametrize("writer", ["save", "to_csv"])
def test_a_new_file_has_the_mode_of_any_new_file(tmp_path, writer, umask):
    before = os.umask(umask)
    try:
        WRITERS[writer](tmp_path / "file")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "file").stat().st_mode) == 0o666 & ~umask


def test_nobody_else_sees_a_private_file_while_it_is_written(tmp_path):
    with replacing(tmp_path / "file") as new:
        new.write_bytes(b"secret")
        assert stat.S_IMODE(new.parent.stat().st_mode) == 0o700


def test_owner_and_group_stay(tmp_path, monkeypatch):
    file, given = tmp_path / "file", []
    write(file, b"1")
    monkeypatch.setattr(os, "chown", lambda path, *ids: given.append((path.name, *ids)))
    write(file, b"2")
    assert given == [("file", file.stat().st_uid, file.stat().st_gid)]


def test_a_file_is_not_opened_to_another_group(tmp_path, monkeypatch):
    file = tmp_path / "file"
    write(file, b"1")
    file.chmod(0o664)

    def refused(*args):
        raise PermissionError

    monkeypatch.setattr(os, "chown", refused)
    write(file, b"2")
    assert stat.S_IMODE(file.stat().st_mode) == 0o604


@pytest.mark.parametrize("function", [check_writable, lambda path: write(path, b"new")])
def test_a_read_only_file_is_refused_by_root_too(tmp_path, function):
    file = tmp_path / "file"
    file.write_bytes(b"before")
    file.chmod(0o444)
    with pytest.raises(PermissionError, match=r"The file is read-only: '.*file'"):
        function(file)
    assert file.read_bytes() == b"before"
    assert os.listdir(tmp_path) == ["file"]


@contextmanager
def nobody():
    """Run a block as a user who may not do everything, also where root runs the tests."""
    if os.getuid() == 0:
        os.setegid(65534)
        os.seteuid(65534)
    try:
        yield
    finally:
        if os.getuid() == 0:
            os.seteuid(0)
            os.setegid(0)


@pytest.mark.parametrize("function", [check_writable, lambda path: write(path, b"new")])
def test_a_file_or_folder_that_a_user_may_not_write_to(function):
    with tempfile.TemporaryDirectory() as root:
        Path(root).chmod(0o755)
        for name, mode in (("open", 0o777), ("closed", 0o555)):
            folder = Path(root, name)
            folder.mkdir()
            for file, its in (("file", 0o644), ("mine", 0o666)):
                (folder / file).write_bytes(b"before")
                (folder / file).chmod(its)
            folder.chmod(mode)
        with nobody():
            function(f"{root}/open/mine")
            for name in ("mine", "new"):
                message = rf"denied: no new file can be made in its folder: '.*closed/{name}'"
                with pytest.raises(PermissionError, match=message):
                    function(f"{root}/closed/{name}")
            if os.getuid() == 0:  # else it is ours
                with pytest.raises(PermissionError, match=r"denied: '.*open/file'"):
                    function(f"{root}/open/file")
        assert Path(root, "closed/mine").read_bytes() == b"before"
        Path(root, "closed").chmod(0o755)  # to be removed


# --------------------------------------------------------------------------- what is no such file


@pytest.mark.parametrize("function", [check_writable, lambda path: write(path, b"new")])
def test_a_folder_and_one_that_is_not_there(tmp_path, function):
    with pytest.raises(IsADirectoryError, match=f"'{tmp_path}'"):
        function(tmp_path)
    with pytest.raises(
        FileNotFoundError,
        match=r"There is no folder '.*/no' to put it in; write os\.makedirs.* first: '.*/no/file'",
    ):
        function(tmp_path / "no/file")
    (tmp_path / "file").touch()
    with pytest.raises(NotADirectoryError):
        function(tmp_path / "file/inside")
    assert os.listdir(tmp_path) == ["file"]


@pytest.mark.parametrize("writer", ["save", "to_csv", "report"])
def test_a_pipe_is_written_to_in_place(tmp_path, writer):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    end = os.open(pipe, os.O_RDWR | os.O_NONBLOCK)  # nothing waits for the other end
    try:
        check_writable(pipe)
        WRITERS[writer](pipe)
        WRITERS[writer](tmp_path / "file")
        assert len(os.read(end, 2**16)) == (tmp_path / "file").stat().st_size
    finally:
        os.close(end)
    assert stat.S_ISFIFO(pipe.stat().st_mode)


def test_a_folder_that_knows_no_new_files(tmp_path, monkeypatch):
    def unknown(*args):  # as /proc answers
        raise FileNotFoundError(errno.ENOENT, "No such file or directory")

    monkeypatch.setattr(Path, "mkdir", unknown)
    with pytest.raises(FileNotFoundError, match=r"no new file can be made in its folder: '.*/note"):
        write(tmp_path / "note", b"x")


def test_no_more_handles_are_left(tmp_path, monkeypatch):
    def full(*args):
        raise OSError(errno.EMFILE, "Too many open files")

    monkeypatch.setattr(files, "open", full, raising=False)
    with pytest.raises(OSError, match=r"Too many open files: no new .*: '.*/file'"):
        write(tmp_path / "file", b"x")
    assert os.listdir(tmp_path) == []


def test_a_device_is_written_to_in_place():
    own, terminal = os.openpty()  # in a folder where nobody can make a file, should this go wrong
    try:
        path = os.ttyname(terminal)
        write(path, b"text")
        assert os.read(own, 100) == b"text"
        assert stat.S_ISCHR(os.stat(path).st_mode)
    finally:
        os.close(own)
        os.close(terminal)


def test_a_folder_that_cannot_be_flushed(tmp_path, monkeypatch):
    original = os.fsync

    def fsync(handle):
        if stat.S_ISDIR(os.fstat(handle).st_mode):
            raise OSError(number, "no")
        original(handle)

    monkeypatch.setattr(os, "fsync", fsync)
    number = errno.EINVAL  # as some file systems of networks say
    write(tmp_path / "file", b"x")
    number = errno.EIO
    with pytest.raises(OSError, match="no"):
        write(tmp_path / "file", b"x")
