"""The served model: a small convolutional classifier, and the digest by which the rollup names it.

    digest = SHA-256(tag || f(spec) || count || t_1 || ... || t_count),  tensors in order of name
    t = f(name) || f(dtype) || rank || shape || f(data)

f(x) = length || x; integers are 8 bytes, little-endian; spec is canonical JSON of the image shape and the classes;
data is the row-major little-endian content. The order in which torch lists the tensors does not enter.

Determinism: weights and order of the samples come from generators seeded by `seed`, and the CPU trains on one thread.
Training twice on one machine gives the same digest; other machines may round differently.

Threads: a fitted model may predict from several threads. Fork: the thread pool of torch does not survive it, so a child
process runs on one thread, and a model on a CUDA device refuses to run there.
"""

from __future__ import annotations

import hashlib
import json
import os
import struct
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from assay.core.errors import InvalidInput, StateError
from assay.core.json_text import parse_json
from assay.core.progress import SILENT, Progress
from assay.rollup.npz import read_arrays

if TYPE_CHECKING:
    from assay.rollup.network import Network

TAG = b"assay/rollup/model/1"
MAX_MODEL_BYTES = 1 << 28
_MAX_SIDE = 512
_MAX_SPEC_BYTES = 1 << 20
_MAX_CLASSES = 1 << 16
_BATCH = 512


class ImageClassifier:
    """Small convolutional classifier with the `fit` / `predict` conventions of scikit-learn. Needs torch.

    Args:
        epochs: passes over the training data; None takes about 300 steps, at least 12 passes.
        learning_rate: peak of the one-cycle schedule.
        seed: of the weights, the order of the samples and the shifts that augment them.
        device: "cpu" or "cuda".

    Attributes (after `fit` or `load`):
        classes_: int64[n_classes], the labels seen, ascending.
        image_shape_: (channels, height, width).
    """

    classes_: NDArray[np.int64]
    image_shape_: tuple[int, int, int]
    _network: Network
    _pid: int

    def __init__(
        self, *, epochs: int | None = None, learning_rate: float = 3e-3, seed: int = 0, device: str = "cpu"
    ) -> None:
        self.epochs = epochs
        self.learning_rate = learning_rate
        self.seed = seed
        self.device = device

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Constructor arguments, for scikit-learn's `clone`."""
        return {name: getattr(self, name) for name in ("epochs", "learning_rate", "seed", "device")}

    def set_params(self, **params: Any) -> Self:
        """Change constructor arguments."""
        known = self.get_params()
        for name, value in params.items():
            if name not in known:
                raise InvalidInput(f"unknown parameter {name!r}; known are {', '.join(known)}")
            setattr(self, name, value)
        return self

    def fit(self, images: NDArray[np.float32], labels: NDArray[np.int64], *, progress: Progress = SILENT) -> Self:
        """Train on images float32[n, channels, height, width] in 0..1 with labels int64[n]; returns self.

        Raises:
            InvalidInput: wrong dtype or shape, no sample, or a device that is not there.
            DependencyMissing: torch is not installed.
        """
        from assay.rollup import network as net
        from assay.rollup.network import torch

        _check_images(images)
        if labels.dtype != np.int64 or labels.shape != images.shape[:1]:
            raise InvalidInput(
                f"labels is {labels.dtype}{list(labels.shape)} for {images.shape[0]} images; "
                f"expected int64[{images.shape[0]}]"
            )
        if self.epochs is not None and self.epochs < 1:
            raise InvalidInput(f"epochs is {self.epochs}; give at least 1, or None")
        device = net.choose_device(self.device)
        classes, targets = np.unique(labels, return_inverse=True)
        shape = (images.shape[1], images.shape[2], images.shape[3])
        network = net.Network(net.Spec(*shape, n_classes=classes.size))
        generator = torch.Generator().manual_seed(self.seed)
        net.initialise(network, generator)
        network.to(device)
        with net.one_thread() if device.type == "cpu" else nullcontext():
            net.train(
                network,
                network.reduce(torch.from_numpy(np.array(images))).to(device),
                torch.from_numpy(targets.reshape(-1).astype(np.int64)).to(device),
                epochs=self.epochs,
                learning_rate=self.learning_rate,
                generator=generator,
                progress=progress,
            )
        return self._adopt(network, shape, classes)

    def predict(self, images: NDArray[np.float32]) -> NDArray[np.int64]:
        """Labels int64[n] for images float32[n, channels, height, width] of the shape trained on.

        Raises:
            InvalidInput: wrong dtype or shape.
            StateError: not fitted, or a CUDA model in a forked process.
        """
        network = self._fitted()
        from assay.rollup.network import torch

        _check_images(images)
        if images.shape[1:] != self.image_shape_:
            raise InvalidInput(f"images are {images.shape[1:]}; the model was trained on {self.image_shape_}")
        if os.getpid() != self._pid:
            if network.centre.is_cuda:
                raise StateError(
                    "a CUDA model cannot run in a forked process; start it by spawn and load the model there"
                )
            torch.set_num_threads(1)
            self._pid = os.getpid()
        chosen = []
        with torch.inference_mode():
            for start in range(0, images.shape[0], _BATCH):
                pixels = network.reduce(torch.from_numpy(np.array(images[start : start + _BATCH])))
                chosen.append(network(pixels.to(network.centre.device)).argmax(dim=1).cpu().numpy())
        labels: NDArray[np.int64] = self.classes_[np.concatenate(chosen)]
        return labels

    def score(self, images: NDArray[np.float32], labels: NDArray[np.int64]) -> float:
        """Share of the images whose predicted label is the given one."""
        return float(np.mean(self.predict(images) == labels))

    def digest(self) -> bytes:
        """32 bytes that name this model in its deployment; the layout stands at the top of the module."""
        state = self._state()
        hasher = hashlib.sha256(TAG + _framed(self._spec_bytes()) + struct.pack("<Q", len(state)))
        for name in sorted(state):
            array = state[name]
            hasher.update(_framed(name.encode()) + _framed(array.dtype.str.encode()))
            hasher.update(struct.pack(f"<Q{array.ndim}Q", array.ndim, *array.shape) + _framed(array.tobytes()))
        return hasher.digest()

    def save(self, path: str | Path) -> None:
        """Write the model as an `.npz` file of plain arrays (nothing pickled)."""
        arrays: dict[str, Any] = {f"tensor/{name}": array for name, array in self._state().items()}
        with Path(path).open("wb") as stream:
            np.savez(stream, spec=np.frombuffer(self._spec_bytes(), dtype=np.uint8), **arrays)

    @classmethod
    def load(cls, path: str | Path, device: str = "cpu") -> Self:
        """Read what `save` wrote; compare `digest()` with the deployed one before serving from it.

        Raises:
            InvalidInput: not such a file, or tensors that do not fit its specification.
            LimitError: larger than this module accepts.
            DependencyMissing: torch is not installed.
        """
        from assay.rollup import network as net
        from assay.rollup.network import torch

        source = Path(path)
        arrays = read_arrays(source, limit=MAX_MODEL_BYTES)
        shape, classes = _parse_spec(arrays.pop("spec", None), source.name)
        network = net.Network(net.Spec(*shape, n_classes=classes.size))
        state = {}
        for name, tensor in network.state_dict().items():
            array = arrays.pop(f"tensor/{name}", None)
            expected = tuple(tensor.shape)
            if array is None or array.dtype != "<f4" or array.shape != expected or not np.isfinite(array).all():
                raise InvalidInput(f"{source.name}: tensor {name!r} is not there as finite float32{list(expected)}")
            state[name] = torch.from_numpy(np.array(array))
        if arrays:
            raise InvalidInput(f"{source.name}: unexpected arrays {', '.join(sorted(arrays))}")
        network.load_state_dict(state)
        network.to(net.choose_device(device)).eval()
        return cls(device=device)._adopt(network, shape, classes)

    def _adopt(self, network: Network, shape: tuple[int, int, int], classes: NDArray[np.int64]) -> Self:
        self._network = network
        self._pid = os.getpid()
        self.classes_ = classes
        self.image_shape_ = shape
        return self

    def _fitted(self) -> Network:
        if not hasattr(self, "_network"):
            raise StateError("the model is not fitted; call fit() first")
        return self._network

    def _state(self) -> dict[str, NDArray[np.float32]]:
        state = self._fitted().state_dict()
        return {name: tensor.detach().cpu().numpy().astype("<f4") for name, tensor in state.items()}

    def _spec_bytes(self) -> bytes:
        self._fitted()
        spec = {"shape": list(self.image_shape_), "classes": self.classes_.tolist()}
        return json.dumps(spec, sort_keys=True, separators=(",", ":")).encode()


def _framed(data: bytes) -> bytes:
    return struct.pack("<Q", len(data)) + data


def _check_images(images: NDArray[np.float32]) -> None:
    if images.dtype != np.float32 or images.ndim != 4 or 0 in images.shape:
        raise InvalidInput(
            f"images is {images.dtype}{list(images.shape)}; expected float32[n, channels, height, width] with n > 0"
        )


def _parse_spec(stored: NDArray[Any] | None, file_name: str) -> tuple[tuple[int, int, int], NDArray[np.int64]]:
    if stored is None or stored.dtype != np.uint8 or stored.ndim != 1:
        raise InvalidInput(f"{file_name} holds no specification; it was not written by ImageClassifier.save")
    try:
        spec = parse_json(stored.tobytes(), max_bytes=_MAX_SPEC_BYTES, max_depth=3, floats=True)
        shape, classes = spec["shape"], spec["classes"]
        whole = all(type(value) is int for value in [*shape, *classes])
    except (ValueError, TypeError, KeyError) as error:
        raise InvalidInput(f"{file_name}: the specification is malformed: {error}") from error
    if (
        not whole
        or len(shape) != 3
        or not (shape[0] in (1, 3) and min(shape[1:]) >= 4 and max(shape[1:]) <= _MAX_SIDE)
        or not 1 <= len(classes) <= _MAX_CLASSES
        or sorted(set(classes)) != classes
        or not 0 <= classes[0] <= classes[-1] < _MAX_CLASSES
    ):
        raise InvalidInput(f"{file_name}: the specification is out of range")
    return (shape[0], shape[1], shape[2]), np.array(classes, dtype=np.int64)
