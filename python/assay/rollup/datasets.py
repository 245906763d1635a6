"""Labelled images for the served model, and their disjoint split by purpose.

Sources: the digits that come with scikit-learn (1,797 grey images of 8 x 8, ten classes), or any `.npz` file with the
arrays `images` and `labels`, which `npz.read_arrays` reads as hostile input.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assay.core.errors import DependencyMissing, InvalidInput, LimitError
from assay.rollup.npz import read_arrays

MAX_ARRAY_BYTES = 1 << 30
MAX_SIDE = 512
MAX_SAMPLES = 1_000_000
MAX_CLASSES = 1 << 16
"""Labels are 16-bit numbers in the circuit."""


@dataclass(frozen=True, slots=True)
class Dataset:
    """Images with labels.

    Attributes:
        name: where they come from, for reports.
        images: float32[n, channels, height, width], C-contiguous, each pixel in 0..1, read-only.
        labels: int64[n], 0 .. n_classes - 1, read-only.
        class_values: int64[n_classes], the label each class had in the source.
    """

    name: str
    images: NDArray[np.float32]
    labels: NDArray[np.int64]
    class_values: NDArray[np.int64]

    @property
    def n_classes(self) -> int:
        """Number of classes."""
        return int(self.class_values.size)

    def __len__(self) -> int:
        return int(self.labels.size)

    def sample_bytes(self, index: int) -> bytes:
        """The sample as a client hashes it: little-endian float32 pixels in (channel, row, column) order."""
        data: bytes = self.images[index].astype("<f4", copy=False).tobytes()
        return data


def load_dataset(source: str | Path = "digits") -> Dataset:
    """The digits of scikit-learn (`"digits"`), or an `.npz` file with `images` and `labels`.

    `images` is [n, height, width] or [n, height, width, channels] with 1 or 3 channels; uint8, or float32/float64 in
    0..1. `labels` is an integer array [n] with values in 0..65535; they are renumbered 0, 1, 2, ... in order of value.

    Raises:
        DependencyMissing: digits without scikit-learn.
        InvalidInput: the file is missing, is no `.npz`, or its arrays are not as described.
        LimitError: the file or an array is larger than this module accepts.
    """
    if source == "digits":
        return _load_digits()
    path = Path(source)
    arrays = read_arrays(path, limit=MAX_ARRAY_BYTES, names=("images", "labels"))
    return make_dataset(path.stem, arrays["images"], arrays["labels"])


def make_dataset(name: str, images: NDArray[Any], labels: NDArray[Any]) -> Dataset:
    """Check and normalise arrays as `load_dataset` describes them. Same errors."""
    if images.ndim not in (3, 4) or images.shape[0] == 0:
        raise InvalidInput(
            f"{name}: images has shape {images.shape}; expected [n, height, width] or [n, height, width, channels]"
        )
    if images.ndim == 4 and images.shape[3] not in (1, 3):
        raise InvalidInput(f"{name}: images has {images.shape[3]} channels in its last axis; expected 1 or 3")
    if labels.shape != images.shape[:1]:
        raise InvalidInput(
            f"{name}: labels has shape {labels.shape} for {images.shape[0]} images; expected one label an image"
        )
    if labels.dtype.kind not in "iu":
        raise InvalidInput(f"{name}: labels has dtype {labels.dtype}; expected integers")
    if int(labels.min()) < 0 or int(labels.max()) >= MAX_CLASSES:
        raise InvalidInput(f"{name}: labels lie in {labels.min()}..{labels.max()}; expected 0..{MAX_CLASSES - 1}")
    if images.shape[0] > MAX_SAMPLES or max(images.shape[1:3]) > MAX_SIDE or min(images.shape[1:3]) < 4:
        raise LimitError(
            f"{name}: images has shape {images.shape}; accepted are at most {MAX_SAMPLES} images "
            f"with sides of 4 to {MAX_SIDE} pixels"
        )
    if 4 * images.size > MAX_ARRAY_BYTES:
        raise LimitError(
            f"{name}: images takes {4 * images.size} bytes as float32; at most {MAX_ARRAY_BYTES} are accepted"
        )
    if images.dtype == np.uint8:
        pixels = images.astype(np.float32) / np.float32(255)
    elif images.dtype in (np.float32, np.float64):
        if not (np.isfinite(images).all() and images.min() >= 0 and images.max() <= 1):
            raise InvalidInput(
                f"{name}: images holds {images.dtype} values outside 0..1 (or not finite); scale them or store uint8"
            )
        pixels = images.astype(np.float32)
    else:
        raise InvalidInput(f"{name}: images has dtype {images.dtype}; expected uint8, or float32/float64 in 0..1")
    channels_last = pixels[..., None] if pixels.ndim == 3 else pixels
    class_values, classes = np.unique(labels.astype(np.int64), return_inverse=True)
    if class_values.size < 2:
        raise InvalidInput(f"{name}: all labels are {class_values[0]}; a classifier needs at least two classes")
    arrays = (
        np.ascontiguousarray(channels_last.transpose(0, 3, 1, 2)),
        classes.reshape(-1).astype(np.int64),
        class_values,
    )
    for array in arrays:
        array.setflags(write=False)
    return Dataset(name, *arrays)


def _load_digits() -> Dataset:
    try:
        from sklearn.datasets import load_digits
    except ImportError as error:
        raise DependencyMissing(
            "the digits data set needs scikit-learn; install assay-engine[ml] or give --data an .npz file"
        ) from error
    digits = load_digits()
    return make_dataset("digits", digits.images / 16.0, digits.target.astype(np.int64))


@dataclass(frozen=True, slots=True)
class Split:
    """Disjoint sample numbers by purpose, each int64 and in random order; every class occurs in every part.

    Attributes:
        train: the served model learns from these.
        calibration: held out; the match rate p0 is measured here.
        scoring: held out; copies of thieves are scored here.
        users: honest users draw their queries from these.
        thieves: thieves draw theirs from these.
    """

    train: NDArray[np.int64]
    calibration: NDArray[np.int64]
    scoring: NDArray[np.int64]
    users: NDArray[np.int64]
    thieves: NDArray[np.int64]


SHARES = {"train": 0.40, "calibration": 0.15, "scoring": 0.15, "users": 0.10, "thieves": 0.20}
"""Share of every class that goes to each purpose."""


def split_by_purpose(dataset: Dataset, seed: int = 0) -> Split:
    """Split every class by `SHARES`, at least one sample of each class for each purpose.

    The generator is numpy's, seeded: the split must be repeatable and protects no secret.

    Raises:
        InvalidInput: a class has fewer samples than there are purposes.
    """
    generator = np.random.default_rng([seed, 0x5B117])
    parts: dict[str, list[NDArray[np.int64]]] = {name: [] for name in SHARES}
    cumulative = np.cumsum(list(SHARES.values()))
    for label in range(dataset.n_classes):
        members = generator.permutation(np.flatnonzero(dataset.labels == label).astype(np.int64))
        if members.size < len(SHARES):
            raise InvalidInput(
                f"{dataset.name}: class {dataset.class_values[label]} has {members.size} samples; "
                f"each class needs at least {len(SHARES)}, one for each of {', '.join(SHARES)}"
            )
        # One sample for each purpose, the others by share.
        spare = members.size - len(SHARES)
        ends = np.rint(cumulative * spare).astype(np.int64) + np.arange(1, len(SHARES) + 1)
        ends[-1] = members.size
        for name, part in zip(SHARES, np.split(members, ends[:-1]), strict=True):
            parts[name].append(part)
    return Split(**{name: generator.permutation(np.concatenate(chunks)) for name, chunks in parts.items()})
