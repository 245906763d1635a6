"""The served model: training, digest, storage, threads and fork."""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from assay.core.errors import InvalidInput, LimitError, StateError
from assay.rollup import model as model_module
from assay.rollup.datasets import Dataset, Split, load_dataset, split_by_purpose
from assay.rollup.model import ImageClassifier


def test_it_learns_digits(digits: Dataset, digits_split: Split, digits_model: ImageClassifier) -> None:
    scoring = digits_split.scoring
    assert digits_model.score(digits.images[scoring], digits.labels[scoring]) > 0.94
    predicted = digits_model.predict(digits.images[scoring])
    assert predicted.dtype == np.int64
    assert predicted.shape == scoring.shape


def test_labels_need_not_be_contiguous(digits: Dataset) -> None:
    chosen = np.flatnonzero(digits.labels < 3)[:120]
    named = np.array([4, 400, 9], dtype=np.int64)[digits.labels[chosen]]
    fitted = ImageClassifier(epochs=15).fit(digits.images[chosen], named)
    assert fitted.classes_.tolist() == [4, 9, 400]
    assert fitted.score(digits.images[chosen], named) > 0.9


def test_same_seed_same_digest_other_seed_other_digest(digits: Dataset) -> None:
    import torch

    images, labels = digits.images[:64], digits.labels[:64]
    before = torch.random.get_rng_state()
    first = ImageClassifier(epochs=2, seed=3).fit(images, labels)
    assert torch.equal(torch.random.get_rng_state(), before)
    torch.rand(5)
    threads = torch.get_num_threads()
    torch.set_num_threads(3)
    try:
        again = ImageClassifier(epochs=2, seed=3).fit(images, labels)
        assert torch.get_num_threads() == 3
    finally:
        torch.set_num_threads(threads)
    assert again.digest() == first.digest()
    assert ImageClassifier(epochs=2, seed=3).fit(images, labels).digest() == first.digest()
    assert ImageClassifier(epochs=2, seed=4).fit(images, labels).digest() != first.digest()


def reference_digest(classifier: ImageClassifier) -> bytes:
    """The documented layout, written down a second time."""
    import hashlib

    def number(value: int) -> bytes:
        return value.to_bytes(8, "little")

    def framed(data: bytes) -> bytes:
        return number(len(data)) + data

    tensors = classifier._network.state_dict()
    shape, classes = classifier.image_shape_, classifier.classes_
    spec = '{"classes":[%s],"shape":[%s]}' % (",".join(map(str, classes)), ",".join(map(str, shape)))  # noqa: UP031
    data = b"assay/rollup/model/1" + framed(spec.encode()) + number(len(tensors))
    for name, tensor in sorted(tensors.items()):
        data += framed(name.encode()) + framed(b"<f4") + number(tensor.dim())
        data += b"".join(number(length) for length in tensor.shape) + framed(tensor.numpy().tobytes())
    return hashlib.sha256(data).digest()


def test_digest_has_the_documented_layout(digits_model: ImageClassifier) -> None:
    assert digits_model.digest() == reference_digest(digits_model)


def test_digest_ignores_order_and_sees_every_tensor(
    digits_model: ImageClassifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    digest, state = digits_model.digest(), digits_model._state()
    monkeypatch.setattr(digits_model, "_state", lambda: dict(reversed(state.items())))
    assert digits_model.digest() == digest
    for name, array in state.items():
        changed = array.copy()
        changed.reshape(-1)[-1] = np.nextafter(changed.reshape(-1)[-1], np.float32(np.inf))
        monkeypatch.setattr(digits_model, "_state", lambda name=name, changed=changed: {**state, name: changed})
        assert digits_model.digest() != digest, name
    monkeypatch.setattr(digits_model, "_state", lambda: {**state, "out.weight": state["out.weight"].T.copy()})
    assert digits_model.digest() != digest


def test_save_and_load(digits: Dataset, digits_model: ImageClassifier, tmp_path: Path) -> None:
    path = tmp_path / "model.npz"
    digits_model.save(path)
    loaded = ImageClassifier.load(path)
    assert loaded.digest() == digits_model.digest()
    assert np.array_equal(loaded.predict(digits.images), digits_model.predict(digits.images))
    assert not any(name.endswith("pkl") for name in np.load(path, allow_pickle=False).files)


SPEC = b'{"classes":[0,1,2,3,4,5,6,7,8,9],"shape":[1,8,8]}'


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"spec": None}, "no specification"),
        ({"spec": b"{"}, "malformed"),
        ({"spec": b"[1, 2]"}, "malformed"),
        ({"spec": b"[" * 100_000}, "malformed"),
        ({"spec": SPEC.replace(b"[1,8,8]", b"[1,8]")}, "out of range"),
        ({"spec": SPEC.replace(b"[1,8,8]", b"[1,8,8.0]")}, "out of range"),
        ({"spec": SPEC.replace(b"[1,8,8]", b"[1,8,100000]")}, "out of range"),
        ({"spec": SPEC.replace(b"[1,8,8]", b"[2,8,8]")}, "out of range"),
        ({"spec": SPEC.replace(b"[0,1", b"[1,0")}, "out of range"),
        ({"spec": SPEC.replace(b"[0,", b"[-1,")}, "out of range"),
        ({"spec": SPEC.replace(b"9]", b"9,10]")}, "tensor 'out.weight'"),
        ({"tensor/out.bias": None}, "tensor 'out.bias'"),
        ({"tensor/out.bias": np.zeros(10)}, "tensor 'out.bias'"),
        ({"tensor/out.bias": np.full(10, np.nan, dtype=np.float32)}, "tensor 'out.bias'"),
        ({"tensor/more": np.zeros(1, dtype=np.float32)}, "unexpected arrays tensor/more"),
    ],
)
def test_foreign_model_files_are_refused(
    digits_model: ImageClassifier, tmp_path: Path, change: dict[str, Any], message: str
) -> None:
    good = tmp_path / "good.npz"
    digits_model.save(good)
    arrays = dict(np.load(good))
    assert arrays["spec"].tobytes() == SPEC
    for name, value in change.items():
        arrays.pop(name, None)
        if value is not None:
            arrays[name] = np.frombuffer(value, dtype=np.uint8) if isinstance(value, bytes) else value
    np.savez(tmp_path / "bad.npz", **arrays)
    with pytest.raises(InvalidInput, match=message):
        ImageClassifier.load(tmp_path / "bad.npz")


def test_oversized_model_files_are_refused(
    digits_model: ImageClassifier, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    digits_model.save(tmp_path / "model.npz")
    monkeypatch.setattr(model_module, "MAX_MODEL_BYTES", 10_000)
    with pytest.raises(LimitError):
        ImageClassifier.load(tmp_path / "model.npz")


def test_wrong_input_is_refused(digits: Dataset, digits_model: ImageClassifier) -> None:
    images, labels = digits.images[:20], digits.labels[:20]
    for bad in (images.astype(np.float64), images[:, 0], images[:0]):
        with pytest.raises(InvalidInput, match="expected float32"):
            digits_model.predict(bad)
        with pytest.raises(InvalidInput, match="expected float32"):
            ImageClassifier().fit(bad, labels)
    with pytest.raises(InvalidInput, match="trained on"):
        digits_model.predict(np.zeros((1, 1, 8, 9), dtype=np.float32))
    for bad_labels in (labels[:-1], labels.astype(np.int32), labels[:, None]):
        with pytest.raises(InvalidInput, match="expected int64"):
            ImageClassifier().fit(images, bad_labels)
    with pytest.raises(InvalidInput, match="epochs"):
        ImageClassifier(epochs=0).fit(images, labels)
    with pytest.raises(InvalidInput, match="'cpu' or 'cuda'"):
        ImageClassifier(device="tpu").fit(images, labels)
    for call in (lambda: ImageClassifier().predict(images), lambda: ImageClassifier().digest()):
        with pytest.raises(StateError, match="not fitted"):
            call()


def test_missing_cuda_is_said() -> None:
    import torch

    if torch.cuda.is_available():
        pytest.skip("this machine has a CUDA device, so its absence cannot be tested")
    with pytest.raises(InvalidInput, match="no CUDA device"):
        ImageClassifier(device="cuda").fit(np.zeros((4, 1, 8, 8), dtype=np.float32), np.arange(4))


def test_training_on_cuda(digits: Dataset, digits_split: Split) -> None:
    import torch

    if not torch.cuda.is_available():
        pytest.skip("needs a CUDA device")
    train, scoring = digits_split.train, digits_split.scoring
    fitted = ImageClassifier(device="cuda").fit(digits.images[train], digits.labels[train])
    assert fitted.score(digits.images[scoring], digits.labels[scoring]) > 0.94


def test_training_reports_and_can_be_stopped(digits: Dataset) -> None:
    class Stop(Exception):
        pass

    class Recorder:
        steps = 0
        total: int | None = None

        @contextmanager
        def task(self, label: str, total: int | None = None) -> Iterator[Recorder]:
            self.total = total
            yield self

        def advance(self, steps: int = 1) -> None:
            self.steps += steps
            if self.steps == 3:
                raise Stop

        def describe(self, label: str) -> None:
            pass

    recorder, classifier = Recorder(), ImageClassifier(epochs=5)
    with pytest.raises(Stop):
        classifier.fit(digits.images[:40], digits.labels[:40], progress=recorder)
    assert (recorder.steps, recorder.total) == (3, 5)
    with pytest.raises(StateError, match="not fitted"):
        classifier.predict(digits.images[:2])


def test_scikit_learn_conventions() -> None:
    from sklearn.base import clone

    classifier = ImageClassifier(epochs=3, seed=5)
    copy = clone(classifier)
    assert copy is not classifier
    assert copy.get_params() == classifier.get_params()
    assert classifier.set_params(seed=6) is classifier
    assert classifier.seed == 6
    with pytest.raises(InvalidInput, match="unknown parameter"):
        classifier.set_params(depth=3)


def test_predicting_from_several_threads(digits: Dataset, digits_model: ImageClassifier) -> None:
    expected = digits_model.predict(digits.images)
    with ThreadPoolExecutor(4) as pool:
        for found in pool.map(lambda _: digits_model.predict(digits.images), range(8)):
            assert np.array_equal(found, expected)


def test_predicting_in_a_forked_process(digits: Dataset, digits_model: ImageClassifier) -> None:
    expected = digits_model.predict(digits.images)  # torch's threads run in the parent
    context = multiprocessing.get_context("fork")
    receiver, sender = context.Pipe(duplex=False)

    def child() -> None:
        sender.send(digits_model.predict(digits.images))

    process = context.Process(target=child)
    process.start()
    try:
        assert receiver.poll(60), "the forked process hangs"
        assert np.array_equal(receiver.recv(), expected)
    finally:
        process.kill()
        process.join()


def test_importing_the_room_loads_no_torch() -> None:
    program = (
        "import sys\n"
        "import assay.rollup.datasets, assay.rollup.detector, assay.rollup.model, assay.rollup.policies\n"
        "import assay.rollup.simulation, assay.rollup.stealing, assay.rollup.chart\n"
        "heavy = {'torch', 'sklearn', 'scipy', 'matplotlib'} & set(sys.modules)\n"
        "sys.exit(f'imported {heavy}' if heavy else 0)\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True, env={**os.environ})


def test_without_torch_the_extra_is_named(tmp_path: Path) -> None:
    (tmp_path / "torch.py").write_text("raise ImportError('no torch here')\n")
    program = (
        "import numpy as np\n"
        "from assay.core.errors import DependencyMissing\n"
        "from assay.rollup.model import ImageClassifier\n"
        "try:\n"
        "    ImageClassifier().fit(np.zeros((4, 1, 8, 8), dtype=np.float32), np.arange(4))\n"
        "except DependencyMissing as error:\n"
        "    assert 'assay-engine[ml]' in str(error)\n"
        "else:\n"
        "    raise SystemExit('torch was found')\n"
    )
    path = os.pathsep.join([str(tmp_path), *(entry for entry in sys.path if entry)])
    subprocess.run([sys.executable, "-c", program], check=True, env={**os.environ, "PYTHONPATH": path})


def test_larger_images_are_averaged_down(data_file: Callable[[str], Path]) -> None:
    faces = load_dataset(data_file("orl-faces/orl_faces.npz"))
    split = split_by_purpose(faces)
    fitted = ImageClassifier().fit(faces.images[split.train], faces.labels[split.train])
    assert fitted.score(faces.images[split.scoring], faces.labels[split.scoring]) > 0.8
