"""Sources become libraries in the background, once; what lies on disk is checked before."""

import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import traceback
import warnings

import pytest

from tensorgraph.compiler.c import building, compilers, library_cache
from tensorgraph.compiler.c.building import build, start_build
from tensorgraph.errors import CompileError
from tests.machine.needs import needs

pytestmark = needs("cc")

ADD = "int add(int a, int b) { return a + b; }"


@pytest.fixture(scope="module")
def copier(tmp_path_factory):
    """Return a compiler that makes of any source a copy of the library of ``ADD``, and quickly."""
    place = tmp_path_factory.mktemp("compiler")
    (place / "add.c").write_text(ADD)
    library = place / "add.so"
    subprocess.run(compilers.find_compiler().line(place / "add.c", library), check=True)
    return script(place / "copier", f"cp '{library}' {building._LIBRARY}")


def script(path, work):
    """Write a compiler in the shell, and return where it is."""
    path.write_text(f'#!/bin/sh\ncase "$*" in *--version*) echo 1; exit;; esac\n{work}\n')
    path.chmod(0o700)
    return str(path)


@pytest.fixture(autouse=True)
def folder(monkeypatch, tmp_path, copier):
    """Return a folder of this test's for libraries, in a process that has compiled nothing yet."""
    monkeypatch.setenv("CC", copier)
    path = tmp_path / "kept here – ß"
    monkeypatch.setenv("TENSORGRAPH_CACHE", str(path))
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    forget(monkeypatch)
    yield path
    assert os.listdir(tmp_path / "temporary") == []


def forget(monkeypatch):
    monkeypatch.setattr(building, "_BUILDS", {})


def anew(monkeypatch, source=ADD):
    """Return a build of a source as another process would begin it, when it has ended well."""
    forget(monkeypatch)
    begun = start_build(source)
    assert begun.result().add(2, 3) == 5
    assert begun.ready()
    return begun


def kept(folder):
    return sorted(path.suffix for path in folder.iterdir())


# ------------------------------------------------------------------------------------- compiling


def test_a_source_is_compiled_once(monkeypatch, folder):
    monkeypatch.delenv("CC")
    begun = start_build(ADD)
    assert start_build(ADD) is begun
    assert build(ADD) is begun.result() is build(ADD)
    assert begun.result().add(20, 22) == 42
    assert not begun.cached and begun.not_kept == ""
    assert kept(folder) == [".digest", library_cache.SUFFIX]
    monkeypatch.setattr(building.subprocess, "Popen", None)
    assert anew(monkeypatch).cached


def test_a_source_is_compiled_while_the_caller_goes_on(monkeypatch, tmp_path):
    """The compiler waits for a file, which is made once the build was asked if it is ready."""
    wait = f"while [ ! -e '{tmp_path}/go on' ]; do sleep 0.01; done"
    monkeypatch.setenv("CC", script(tmp_path / "slow compiler", f'{wait}\nexec cc "$@"'))
    begun = start_build(ADD)
    assert not begun.ready()
    threads = [threading.Thread(target=begun.result) for _ in range(2)]
    for thread in threads:
        thread.start()
    assert not begun.ready()  # although others wait for it
    (tmp_path / "go on").touch()
    for thread in threads:
        thread.join()
    assert begun.ready()
    assert begun.result().add(1, 2) == 3


def test_what_the_compiler_says_is_told_and_remembered(monkeypatch):
    monkeypatch.delenv("CC")
    begun = start_build("int add(int a) { return nonsense; }")
    for _ in range(2):
        with pytest.raises(CompileError, match=r"(?s)ended with 1: .*nonsense.*-o program.*CC="):
            begun.result()
        assert begun.ready()
    monkeypatch.setattr(building.subprocess, "Popen", None)
    with pytest.raises(CompileError, match="nonsense"):
        build("int add(int a) { return nonsense; }")


@pytest.mark.parametrize(
    "work, said",
    [
        ("exit 3", "ended with 3: it said nothing"),
        ("kill -9 $$", "ended with -9: it said nothing"),
        ("exit 0", "made a library that cannot be loaded"),
        ("echo text > program.so", "made a library that cannot be loaded"),
    ],
)
def test_a_compiler_that_fails(monkeypatch, tmp_path, work, said):
    monkeypatch.setenv("CC", script(tmp_path / "broken", work))
    with pytest.raises(CompileError, match=re.escape(f"the C compiler {said}")):
        build(ADD)


def test_another_compiler_may_do_better(monkeypatch, tmp_path, copier):
    monkeypatch.setenv("CC", script(tmp_path / "broken", "exit 3"))
    with pytest.raises(CompileError):
        build(ADD)
    monkeypatch.setenv("CC", copier)
    assert build(ADD).add(1, 2) == 3


def test_a_compiler_that_is_gone(monkeypatch, tmp_path):
    gone = compilers.Compiler((str(tmp_path / "gone"),), "1", ())
    monkeypatch.setattr(building, "find_compiler", lambda: gone)
    begun = start_build(ADD)
    assert begun.ready()
    with pytest.raises(CompileError, match=r"the C compiler could not be run: .*gone"):
        begun.result()


def test_no_compiler(monkeypatch):
    monkeypatch.setattr(building, "find_compiler", lambda: None)
    assert start_build(ADD) is None is build(ADD)


def test_an_interrupted_wait_can_be_repeated(monkeypatch):
    begun = start_build(ADD)
    wait = begun._process.wait

    def interrupted():
        raise KeyboardInterrupt

    monkeypatch.setattr(begun._process, "wait", interrupted)
    with pytest.raises(KeyboardInterrupt):
        begun.result()
    monkeypatch.setattr(begun._process, "wait", wait)
    assert begun.result().add(1, 1) == 2


def test_ctrl_c_does_not_reach_the_compiler():
    begun = start_build(ADD)
    assert os.getpgid(begun._process.pid) != os.getpgid(0)
    begun.result()


def forked(work):
    """Begin a child that does some work, and return what waits for it and asserts that it did."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # newer Pythons: there are threads
        child = os.fork()
    if child == 0:
        status = 1
        try:
            signal.alarm(60)
            work()
            status = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(status)

    def join():
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0

    return join


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_a_forked_child_compiles_for_itself(monkeypatch, tmp_path):
    """It cannot wait for what its parent began, and leaves that alone."""
    wait = f"while [ ! -e '{tmp_path}/go on' ]; do sleep 0.01; done"
    slow = script(tmp_path / "slow", f"{wait}\nexec {os.environ['CC']}")
    monkeypatch.setenv("CC", slow)
    begun = start_build(ADD)

    def work():
        assert not begun.ready()
        (tmp_path / "go on").touch()
        assert begun.result().add(2, 2) == 4
        assert build(ADD) is begun.result()
        building._abandon()

    try:
        forked(work)()
    finally:
        (tmp_path / "go on").touch()  # or the compiler would wait for ever
    assert begun.result().add(2, 2) == 4


def test_what_is_still_compiled_ends_with_the_process(monkeypatch, tmp_path):
    monkeypatch.setenv("CC", script(tmp_path / "endless", "sleep 1000 &\nwait"))
    begun = start_build(ADD)
    assert not begun.ready()
    building._abandon()
    assert begun._process.returncode == -signal.SIGKILL


def test_a_compiler_in_a_strange_place(monkeypatch, tmp_path):
    """Of names, the compiler sees only ours."""
    place = tmp_path / "un fichier à lui, «cc»"
    place.symlink_to(compilers.shutil.which("cc"))
    monkeypatch.setenv("CC", str(place))
    strange = tmp_path / "temporary" / "été $x 'y'"
    strange.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(strange))
    assert anew(monkeypatch).not_kept == ""
    assert str(place) in str(building._BUILDS.popitem()[1]._compiler.command)
    strange.rmdir()


# --------------------------------------------------------------------------------- what is on disk


def test_where_libraries_are_kept(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(sys, "platform", "linux")
    for named, cache, expected in (
        ("~/a b", "", tmp_path / "a b"),
        ("", "", tmp_path / ".cache/tensorgraph"),
        ("", "relative", tmp_path / ".cache/tensorgraph"),
        ("", str(tmp_path / "x"), tmp_path / "x/tensorgraph"),
    ):
        monkeypatch.setenv("TENSORGRAPH_CACHE", named)
        monkeypatch.setenv("XDG_CACHE_HOME", cache)
        assert library_cache._place() == expected
    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setenv("TENSORGRAPH_CACHE", "")
    assert library_cache._place() == tmp_path / "Library/Caches/tensorgraph"


def test_the_folder_and_what_lies_there_are_the_users_alone(monkeypatch, folder):
    before = os.umask(0o002)
    try:
        anew(monkeypatch)
    finally:
        os.umask(before)
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}


@pytest.mark.parametrize("suffix", [library_cache.SUFFIX, ".digest"])
@pytest.mark.parametrize("harm", ["cut", "changed", "absent", "opened", "linked", "folder"])
def test_what_was_tampered_with_is_compiled_anew(monkeypatch, folder, tmp_path, suffix, harm):
    anew(monkeypatch)
    (file,) = folder.glob(f"*{suffix}")
    content = file.read_bytes()
    file.unlink()  # this process runs what lies there
    if harm in ("cut", "changed", "opened"):
        harmed = {"cut": content[: len(content) // 2], "changed": content[:-1] + b"?"}
        file.write_bytes(harmed.get(harm, content))
        file.chmod(0o620 if harm == "opened" else 0o600)
    elif harm == "linked":
        (tmp_path / "elsewhere").write_bytes(content)
        (tmp_path / "elsewhere").chmod(0o600)
        file.symlink_to(tmp_path / "elsewhere")
    elif harm == "folder":
        file.mkdir(0o700)
    again = anew(monkeypatch)
    assert not again.cached
    assert bool(again.not_kept) is (harm == "folder")
    if harm == "linked":
        assert (tmp_path / "elsewhere").read_bytes() == content
    if harm != "folder":
        assert anew(monkeypatch).cached


def test_what_belongs_to_another_is_not_run(monkeypatch, folder):
    anew(monkeypatch)
    own = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: own + 1)
    other = anew(monkeypatch)
    assert not other.cached
    assert "must be a folder of your own" in other.not_kept


@pytest.mark.parametrize("mode", [0o755, 0o720, 0o701])
def test_a_folder_that_is_open_to_others_is_not_used(monkeypatch, folder, mode):
    anew(monkeypatch)
    folder.chmod(mode)
    refused = anew(monkeypatch)
    assert not refused.cached
    assert f"write chmod 700 '{folder}', or set TENSORGRAPH_CACHE" in refused.not_kept
    folder.chmod(0o700)
    assert anew(monkeypatch).cached


def test_a_link_to_a_folder_is_not_used(monkeypatch, folder, tmp_path):
    (tmp_path / "other").mkdir(0o700)
    folder.symlink_to(tmp_path / "other")
    assert "not a link" in anew(monkeypatch).not_kept
    assert list((tmp_path / "other").iterdir()) == []


def test_no_folder_can_be_made(monkeypatch, folder):
    folder.write_text("a file stands in its place")
    assert anew(monkeypatch).not_kept
    monkeypatch.setenv("TENSORGRAPH_CACHE", str(folder / "below"))
    assert anew(monkeypatch).not_kept


def test_a_full_disk(monkeypatch, folder):
    resource = pytest.importorskip("resource")
    begun = start_build(ADD)
    begun._process.wait()
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2000, before[1]))
    try:
        assert begun.result().add(2, 3) == 5
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert "File too large" in begun.not_kept
    assert kept(folder) == []
    assert not anew(monkeypatch).cached


def test_a_folder_that_can_only_be_read(monkeypatch, folder):
    """What is kept there is used; what is not is loaded from a temporary folder."""
    anew(monkeypatch)

    def read_only(path, *_, **options):
        raise OSError(30, "Read-only file system", str(path))

    monkeypatch.setattr(os, "utime", read_only)
    monkeypatch.setattr(tempfile, "mkstemp", read_only)
    assert anew(monkeypatch).cached
    other = anew(monkeypatch, f"{ADD} int other;")
    assert "Read-only file system" in other.not_kept


def test_what_was_used_longest_ago_is_removed(monkeypatch, folder):
    sources = [f"{ADD} int number_{i};" for i in range(4)]
    keys = [anew(monkeypatch, source)._key for source in sources[:3]]
    left = folder / "left by a killed process.partial"
    left.write_bytes(b"half")
    for path in folder.iterdir():
        age = keys.index(path.stem) + 2 if path.stem in keys else 1
        os.utime(path, (age, age))
    assert anew(monkeypatch, sources[0]).cached  # which counts as used
    size = (folder / f"{keys[0]}{library_cache.SUFFIX}").stat().st_size
    monkeypatch.setattr(library_cache, "_LIMIT", int(2.5 * size))
    anew(monkeypatch, sources[3])
    assert not left.exists()
    assert [anew(monkeypatch, sources[i]).cached for i in (0, 3, 1)] == [True, True, False]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_processes_that_compile_the_same_at_once(folder):
    """Whatever one sees of the others' work, each has its library, and one stays for the next."""

    def work():
        for i in range(10):
            begun = start_build(f"{ADD} int number_{i};")
            assert begun.result().add(2, 3) == 5
            assert not begun.not_kept, begun.not_kept

    for join in [forked(work) for _ in range(3)]:
        join()
    assert kept(folder) == [".digest"] * 10 + [library_cache.SUFFIX] * 10
    assert all(start_build(f"{ADD} int number_{i};").cached for i in range(10))
