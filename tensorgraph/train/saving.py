"""Saving and loading all that a run consists of, in one file, without pickle."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from copy import deepcopy
from pathlib import Path
from typing import Any

from tensorgraph import errors, nn
from tensorgraph.leads.calls import with_leads
from tensorgraph.train.array_file import broken, write
from tensorgraph.train.state_encoding import decode, encode
from tensorgraph.train.weight_files import read_arrays

__all__ = ["load", "load_weights", "save"]


def save(path: str | os.PathLike[str], /, *unnamed: Any, **parts: Any) -> None:
    """Write the state of a run to a file that is, at any instant, whole or not there.

    Each part is an object with ``state_dict()``, such as a module, an optimizer,
    ``tg.data.Batches``, or :class:`RandomState`; or it is itself a tree of dicts, lists and tuples
    that hold arrays, numbers, strings, ``None``. For a run that goes on as if it had never stopped,
    save everything that changes while it runs.

    The file has the safetensors format: arrays under their paths, ``model/layers.0.weight``, the
    rest as JSON beside them, and a SHA-256 checksum over all of it. It is first written under
    another name in the same directory, flushed to the disk, and then put in the place of the last
    one: a process that is killed meanwhile, or a full disk, leaves that as it was. Several may save
    to one file at once; the last one's stays. The file keeps its mode, a symbolic link to it stays,
    and one that is read-only is refused. Named tuples come back as tuples.

    Args:
        path: the file.
        *unnamed: none; what has no name is refused with the line to write.
        **parts: what is saved, by name.

    Raises:
        ArgumentError: no parts, or one without a name.
        DTypeError: something that a file cannot hold; it says where.
        ImportError: the package safetensors is not installed.
        OSError: the file cannot be written; the one before is still there.

    Example:
        >>> import tempfile
        >>> import tensorgraph as tg
        >>> model = tg.nn.Linear(2, 1)
        >>> optimizer = tg.optim.Adam(model.parameters())
        >>> directory = tempfile.TemporaryDirectory()
        >>> file = f"{directory.name}/run.safetensors"
        >>> tg.train.save(file, model=model, optimizer=optimizer, epoch=3)
        >>> state = tg.train.load(file, model=model, optimizer=optimizer)
        >>> state["epoch"], list(state["model"])
        (3, ['weight', 'bias'])
        >>> directory.cleanup()
    """
    _check_named("save", (path, *unnamed))
    if not parts:
        raise errors.ArgumentError("save: nothing to save; write save(path, model=model, …)")
    tree, arrays = encode({name: _state_of(part) for name, part in parts.items()})
    write(Path(path), arrays, tree)


def _check_named(function: str, given: tuple[Any, ...]) -> None:
    """Raise unless what is given without a name is a path alone."""
    if len(given) == 1 and isinstance(given[0], (str, os.PathLike)):
        return
    path = next((repr(x) for x in given if isinstance(x, (str, os.PathLike))), '"run.safetensors"')
    seen = errors.listing([type(x).__name__ for x in given])
    raise errors.ArgumentTypeError(
        f"{function} takes a path, and what has a state by name, not {seen}; write"
        f" tg.train.{function}({path}, model=model)"
    )


def _state_of(part: Any) -> Any:
    return part.state_dict() if hasattr(part, "state_dict") else part


def load(path: str | os.PathLike[str], /, *unnamed: Any, **parts: Any) -> dict[str, Any]:
    """Return all that was saved in a file, and give the parts named here their states.

    The whole file is read and checked before anything is changed, and if a part refuses its state,
    those before it get back what they had: all are loaded or none. Nothing in the file is ever run.

    A file of another tool, such as weights that PyTorch saved in the safetensors format, has no
    parts; its arrays are returned by their names, and one part, ``model=model``, is given them all:
    a module takes them by PyTorch's names too. See :func:`load_weights` for other libraries' names.
    Numbers of the kinds bfloat16 and float8 become float32. Of weights in several files give the
    index, ``model.safetensors.index.json``; NumPy's ``.npz`` is read too.

    Args:
        path: the file.
        *unnamed: none; what has no name is refused with the line to write.
        **parts: objects with ``load_state_dict``, by the names under which they were saved.

    Returns:
        The state of every part by its name, those not asked for too.

    Raises:
        StateError: the file is truncated or corrupted, or holds what does not fit a part.
        ArgumentError: a part of a file that has no parts, or not this one; or one without a name.
        DTypeError: a part without ``state_dict`` and ``load_state_dict``.
        ImportError: the package safetensors is not installed.
        OSError: there is no such file, or it cannot be read.

    Example:
        >>> import tempfile
        >>> import tensorgraph as tg
        >>> directory = tempfile.TemporaryDirectory()
        >>> file = f"{directory.name}/model.safetensors"
        >>> tg.train.save(file, model=tg.nn.Linear(2, 1))
        >>> tg.train.load(file, model=tg.nn.Linear(3, 1))
        Traceback (most recent call last):
        ...
        tensorgraph.errors.StateError: load: 'model' in ... does not fit, nothing was loaded
          load_state_dict: the state does not fit Linear, nothing was loaded
          wrong shape: weight is (1, 3), the state has (1, 2)
        >>> directory.cleanup()
    """
    _check_named("load", (path, *unnamed))
    path = Path(path)
    for name, part in parts.items():
        if not (hasattr(part, "state_dict") and hasattr(part, "load_state_dict")):
            raise errors.DTypeError(
                f"load: {name} is {errors.describe(part)}, which has no state_dict and"
                f" load_state_dict; take what was saved from the result: load(path)[{name!r}]"
            )
    found, own = _read(path)
    state = found if own or len(parts) != 1 else dict.fromkeys(parts, found)
    _check_names(path, state, parts)
    befores = {name: deepcopy(part.state_dict()) for name, part in parts.items()}
    try:
        for name, part in parts.items():
            _give(path, name, part, state[name])
    except BaseException:
        for name, before in befores.items():
            parts[name].load_state_dict(before)
        raise
    return found


@with_leads
def load_weights(
    path: str | os.PathLike[str],
    model: nn.Module,
    rename: Callable[[str], str | None] | None = None,
    *,
    layout: str | None = None,
    partial: bool = False,
) -> nn.LoadReport:
    """Load the weights that another library saved, turned where it keeps them in another way.

    The file is one that :func:`load` reads, the rest is :func:`tensorgraph.nn.load_foreign`'s: see
    there what is taken and what is refused. Of a file that :func:`save` wrote it is the part
    ``model``.

    Args:
        path: the file: ``.safetensors``, ``.npz``, or the index of several.
        model: what is changed.
        rename: returns the name in this model for a name there, or ``None`` to leave it out.
        layout: ``"torch"``, ``"keras"`` or ``"flax"``: how arrays are kept whose shape fits in
            several ways.
        partial: whether to load what fits where not all does.

    Returns:
        What went where, what was turned, and what is left over.

    Raises:
        StateError: the file is damaged or of another kind; or not all fits, and nothing is changed.
        ArgumentError: :func:`save` wrote the file, without a part ``model``; or an argument that
            ``load_foreign`` refuses.
        DTypeError: something that is not a module.
        ImportError: the package safetensors is not installed.
        OSError: there is no such file, or it cannot be read.

    Example:
        >>> import tempfile
        >>> import numpy as np
        >>> import tensorgraph as tg
        >>> directory = tempfile.TemporaryDirectory()
        >>> file = f"{directory.name}/keras.npz"
        >>> np.savez(file, **{"layers_0/kernel": np.ones((2, 1)), "layers_0/bias": np.zeros(1)})
        >>> model = tg.nn.Sequential(tg.nn.Linear(2, 1))
        >>> tg.train.load_weights(file, model)
        loaded 2 of 2: layers.0.weight, layers.0.bias
        layers.0.weight from layers_0/kernel: (in, out) → (out, in)
        >>> directory.cleanup()
    """
    if isinstance(path, nn.Module):
        raise errors.DTypeError(
            "load_weights takes the file first; write tg.train.load_weights(path, model)"
        )
    found, own = _read(Path(path))
    if own:
        if not isinstance(found.get("model"), dict):
            raise errors.ArgumentError(
                f"load_weights: tg.train.save wrote {str(path)!r}, without a part model; write"
                f" tg.train.load(path, {next(iter(found), 'model')}=model)"
            )
        found = found["model"]
    return nn.load_foreign(model, found, rename, layout=layout, partial=partial)


def _read(path: Path) -> tuple[dict[str, Any], bool]:
    """Return what is in a file: the parts in one of ours, or the arrays in one of another tool."""
    arrays, tree = read_arrays(path)
    if tree is None:
        return dict(arrays), False
    try:
        state = decode(tree, arrays)
    except ValueError as error:
        raise broken(path, error) from error
    if not isinstance(state, dict):
        raise broken(path, "it holds no parts")
    return state, True


def _check_names(path: Path, state: dict[str, Any], names: Iterable[str]) -> None:
    missing = [name for name in names if name not in state]
    if missing:
        raise errors.ArgumentError(
            f"load: {str(path)!r} has no part {errors.listing(missing)}; it has"
            f" {errors.listing(list(state))} (of a file that another tool saved, or that holds one"
            " state alone, write load(path, model=model))"
        )


def _give(path: Path, name: str, part: Any, state: Any) -> None:
    try:
        part.load_state_dict(state)
    except Exception as error:
        raise errors.StateError(
            f"load: {name!r} in {str(path)!r} does not fit, nothing was loaded\n  {error}"
        ) from error
