"""TensorBoard's file of events, written by the protocol buffers of its package."""

from __future__ import annotations

import io
import itertools
import os
import socket
import time
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tensorgraph.extras import require

BINS = 30
VERSION = "brain.Event:2"
"""What the first event of a file says, for TensorBoard to know what follows."""
_COUNT = itertools.count()


class EventFile:
    """A file in a folder, to which events are written one after the other.

    Args:
        folder: which is made if it is not there.
    """

    def __init__(self, folder: Path) -> None:
        self._events: Any = require("tensorboard.compat.proto.event_pb2", "tensorboard")
        self._summaries: Any = require("tensorboard.compat.proto.summary_pb2", "tensorboard")
        records: Any = require("tensorboard.summary.writer.record_writer", "tensorboard")
        folder.mkdir(parents=True, exist_ok=True)
        # By these names TensorBoard finds files, and reads them in order.
        place = f"{int(time.time()):010d}.{socket.gethostname()}.{os.getpid()}.{next(_COUNT):06d}"
        self._file = open(folder / f"events.out.tfevents.{place}", "xb")
        self._records = records.RecordWriter(self._file)
        self._event(file_version=VERSION)

    def _event(self, **what: Any) -> None:
        event = self._events.Event(wall_time=time.time(), **what)
        self._records.write(event.SerializeToString())
        self._file.flush()

    def start(self, step: int) -> None:
        """Say that steps are taken from this one on; TensorBoard forgets what it read of them."""
        log = self._events.SessionLog
        self._event(step=step, session_log=log(status=log.START))

    def summary(self, values: list[Any], step: int) -> None:
        """Write values at a step."""
        self._event(step=step, summary=self._summaries.Summary(value=values))

    def graph(self, definition: Any) -> None:
        """Write a graph."""
        self._event(graph_def=definition.SerializeToString())

    def session(self, summary: Any) -> None:
        """Write a summary that is made elsewhere, as that of hyperparameters."""
        self._event(summary=summary)

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    # ------------------------------------------------------------------------------------- values

    def scalar(self, tag: str, number: float) -> Any:
        """Return a number, to be written."""
        return self._summaries.Summary.Value(tag=tag, simple_value=number)

    def histogram(self, tag: str, values: NDArray[Any]) -> Any:
        """Return how often values occur, to be written; those that are not finite are left out."""
        found = np.asarray(values, np.float64).reshape(-1)
        found = found[np.isfinite(found)]
        counts, edges = np.histogram(found, BINS)
        histogram = self._summaries.HistogramProto(
            min=found.min(initial=np.inf), max=found.max(initial=-np.inf), num=len(found),
            sum=found.sum(), sum_squares=np.square(found).sum(),
            bucket_limit=edges[1:].tolist(), bucket=counts.tolist(),
        )  # fmt: skip
        return self._summaries.Summary.Value(tag=tag, histo=histogram)

    def image(self, tag: str, png: bytes) -> Any:
        """Return a picture, to be written."""
        pictures: Any = require("PIL.Image", "tensorboard")
        width, height = pictures.open(io.BytesIO(png)).size
        image = self._summaries.Summary.Image(
            width=width, height=height, colorspace=4, encoded_image_string=png
        )
        return self._summaries.Summary.Value(tag=tag, image=image)


def png_of(picture: Any) -> bytes:
    """Return a figure of matplotlib, or an array of an image, as a PNG.

    Args:
        picture: a figure; or (height, width) or (height, width, 1, 3 or 4), numbers from 0 to 1,
            or bytes.
    """
    buffer = io.BytesIO()
    if hasattr(picture, "savefig"):
        picture.savefig(buffer, format="png")
        return buffer.getvalue()
    array = np.asarray(picture)
    if array.ndim == 3 and array.shape[2] == 1:
        array = array[:, :, 0]
    if array.dtype != np.uint8:
        array = (np.clip(np.nan_to_num(array), 0, 1) * 255).round().astype(np.uint8)
    pictures: Any = require("PIL.Image", "tensorboard")
    pictures.fromarray(array).save(buffer, "PNG")
    return buffer.getvalue()
