"""Faults of writing files."""

from __future__ import annotations

from tests.faults.fault import Fault, planted_in

FAULTS: list[Fault] = [
    *planted_in(
        "files.py",
        ("replacing", "_flush(new)", "", "files: the file is not on the disk when it is renamed"),
        ("replacing", "_flush_folder(target.parent)", "", "files: the folder is not on the disk"),
        ("replacing", "yield new", "yield target", "files: the last file is overwritten in place"),
        ("replacing", "Path(os.path.realpath(path))", "Path(path)", "files: a link is replaced"),
        ("replacing", "_sweep(target)", "", "files: litter of a process that was killed"),
        ("replacing", "not stat.S_ISREG(before.st_mode)", "False", "files: a pipe is replaced"),
        ("_workshop", "_remove(workshop)", "pass", "files: litter of what failed"),
        ("_locked_workshop", "_locked(lock, wait=True)", "",
         "files: what another is writing is swept away"),
        ("_locked_workshop", "448", "511", "files: anybody may look at what is being written"),
        ("_locked_workshop", "suppress(FileNotFoundError)", "suppress(KeyError)",
         "files: a folder that was swept away too early ends the writing"),
        ("_sweep", "_locked(lock, wait=False)", "True",
         "files: what somebody writes counts as litter"),
        ("_sweep", "os.rmdir(workshop)", "pass", "files: an empty folder stays"),
        ("_remove", "part.unlink()", "break", "files: the lock is removed before the rest"),
        ("_stem", "f'.tensorgraph.{digest}.'", "'.tensorgraph.'",
         "files: litter is what another file is written in"),
        ("_stem", "sha256(os.fsencode(target.name)).hexdigest()[:16]", "target.name",
         "files: a long name grows too long"),
        ("_make_alike", "before is not None", "False", "files: a private file is opened to all"),
        ("_make_alike", "mode &= ~56", "pass", "files: a file is opened to another group"),
        ("_before", "not before.st_mode & 146", "False", "files: a read-only file is replaced"),
        ("_before", "os.close(os.open(path, os.O_WRONLY))", "pass",
         "files: the file of another is replaced"),
        ("check_writable",
         "with _workshop(Path(os.path.realpath(path))):\n"
         "    pass", "pass", "files: a folder that cannot be written to is noticed later"),
    ),
]  # fmt: skip
