"""Loading data sets, hostile files among them, and splitting them by purpose."""

from __future__ import annotations

import builtins
import itertools
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from assay.core.errors import DependencyMissing, InvalidInput, LimitError
from assay.rollup import datasets, npz
from assay.rollup.datasets import SHARES, Dataset, Split, load_dataset, make_dataset, split_by_purpose


def write(path: Path, **arrays: Any) -> Path:
    np.savez(path, **arrays)
    return path


def small(n: int = 30, classes: int = 3) -> dict[str, np.ndarray]:
    generator = np.random.default_rng(0)
    return {
        "images": generator.integers(0, 256, (n, 8, 6), dtype=np.uint8),
        "labels": np.arange(n, dtype=np.int64) % classes,
    }


def test_digits(digits: Dataset) -> None:
    assert digits.images.shape == (1797, 1, 8, 8)
    assert digits.images.dtype == np.float32
    assert digits.images.min() == 0.0
    assert digits.images.max() == 1.0
    assert digits.n_classes == 10
    assert len(digits) == 1797
    assert digits.images.flags.c_contiguous
    for array in (digits.images, digits.labels, digits.class_values):
        assert not array.flags.writeable
    assert len(digits.sample_bytes(5)) == 4 * 64
    assert digits.sample_bytes(5) != digits.sample_bytes(6)


def test_digits_without_scikit_learn(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.split(".")[0] == "sklearn"]:
        monkeypatch.delitem(sys.modules, name)
    real = builtins.__import__

    def refuse(name: str, *args: Any, **kwargs: Any) -> Any:
        if name.split(".")[0] == "sklearn":
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", refuse)
    with pytest.raises(DependencyMissing, match=r"assay-engine\[ml\]"):
        load_dataset("digits")


def test_npz_of_grey_and_colour_images(tmp_path: Path) -> None:
    arrays = small()
    grey = load_dataset(write(tmp_path / "grey.npz", **arrays))
    assert grey.images.shape == (30, 1, 8, 6)
    assert np.array_equal(grey.images[:, 0], (arrays["images"] / 255).astype(np.float32))
    colour = np.random.default_rng(1).random((30, 8, 6, 3))
    loaded = load_dataset(write(tmp_path / "colour.npz", images=colour, labels=arrays["labels"]))
    assert loaded.images.shape == (30, 3, 8, 6)
    assert np.array_equal(loaded.images[4, 2], colour[4, :, :, 2].astype(np.float32))


def test_labels_are_renumbered_in_order(tmp_path: Path) -> None:
    arrays = small()
    arrays["labels"] = np.array([7, 500, 3], dtype=np.uint16)[arrays["labels"]]
    loaded = load_dataset(write(tmp_path / "gaps.npz", **arrays))
    assert loaded.class_values.tolist() == [3, 7, 500]
    assert loaded.labels[:3].tolist() == [1, 2, 0]
    assert loaded.labels.dtype == np.int64


def test_fortran_order_and_other_members(tmp_path: Path) -> None:
    arrays = small()
    path = write(
        tmp_path / "f.npz", images=np.asfortranarray(arrays["images"]), labels=arrays["labels"], extra=np.ones(3)
    )
    assert np.array_equal(load_dataset(path).images, make_dataset("c", arrays["images"], arrays["labels"]).images)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"images": np.zeros((30, 8), dtype=np.uint8)}, "expected \\[n, height, width\\]"),
        ({"images": np.zeros((30, 8, 6, 2), dtype=np.uint8)}, "2 channels"),
        ({"images": np.zeros((0, 8, 6), dtype=np.uint8)}, "expected \\[n, height, width\\]"),
        ({"images": np.zeros((30, 8, 6), dtype=np.int32)}, "dtype int32"),
        ({"images": np.zeros((30, 8, 6), dtype=">f4")}, "dtype >f4"),
        ({"images": np.full((30, 8, 6), np.nan)}, "outside 0..1"),
        ({"images": np.full((30, 8, 6), 2.0)}, "outside 0..1"),
        ({"images": np.full((30, 8, 6), -0.1, dtype=np.float32)}, "outside 0..1"),
        ({"images": np.zeros((30, 3, 6), dtype=np.uint8)}, "sides of 4 to 512"),
        ({"images": np.zeros((30, 4, 513), dtype=np.uint8)}, "sides of 4 to 512"),
        ({"labels": np.zeros(29, dtype=np.int64)}, "one label an image"),
        ({"labels": np.zeros((30, 1), dtype=np.int64)}, "one label an image"),
        ({"labels": np.zeros(30, dtype=np.int64)}, "at least two classes"),
        ({"labels": np.zeros(30)}, "expected integers"),
        ({"labels": np.full(30, -1)}, "expected 0..65535"),
        ({"labels": np.full(30, 65536)}, "expected 0..65535"),
        ({"labels": np.full(30, 2**64 - 1, dtype=np.uint64)}, "expected 0..65535"),
        ({"labels": np.array(["a"] * 30)}, "only plain numbers"),
        ({"labels": np.array([None] * 30)}, "nothing is unpickled"),
    ],
)
def test_bad_arrays_are_refused(tmp_path: Path, change: dict[str, np.ndarray], message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        load_dataset(write(tmp_path / "bad.npz", **{**small(), **change}))


def test_bad_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="no file"):
        load_dataset(tmp_path / "absent.npz")
    with pytest.raises(InvalidInput, match="no file"):
        load_dataset(tmp_path)
    text = tmp_path / "text.npz"
    text.write_text("not a zip file")
    with pytest.raises(InvalidInput, match="not a readable"):
        load_dataset(text)
    with pytest.raises(InvalidInput, match="no array named 'labels'"):
        load_dataset(write(tmp_path / "half.npz", images=small()["images"]))


def test_truncated_and_damaged_files_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "good.npz"
    np.savez_compressed(path, **small())
    data = path.read_bytes()
    for length in range(0, len(data), 37):
        path.write_bytes(data[:length])
        with pytest.raises(InvalidInput):
            load_dataset(path)
    reference = load_dataset(write(tmp_path / "reference.npz", **small()))
    for position in range(0, len(data), 23):
        damaged = bytearray(data)
        damaged[position] ^= 0x5A
        path.write_bytes(damaged)
        try:
            loaded = load_dataset(path)
        except InvalidInput:
            continue
        assert np.array_equal(loaded.images, reference.images)  # the damaged byte was in unused metadata


def test_a_header_that_promises_too_much_is_refused_unread(tmp_path: Path) -> None:
    arrays = small()
    path = write(tmp_path / "bomb.npz", labels=arrays["labels"])
    header = b"{'descr': '|u1', 'fortran_order': False, 'shape': (1000000, 512, 512), }"
    header += b" " * (63 - (10 + len(header)) % 64) + b"\n"
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("images.npy", b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header)
    with pytest.raises(LimitError, match="262144000000 bytes"):
        load_dataset(path)


@pytest.mark.parametrize("shape", ["(30, 8, 7)", "(30, 8, 5)", "(30, -8, -6)", "(True, 8, 6)", "'x'", "[30, 8, 6]"])
def test_a_header_that_does_not_fit_its_data_is_refused(tmp_path: Path, shape: str) -> None:
    arrays = small()
    path = write(tmp_path / "misfit.npz", labels=arrays["labels"])
    header = f"{{'descr': '|u1', 'fortran_order': False, 'shape': {shape}, }}".encode()
    header += b" " * (63 - (10 + len(header)) % 64) + b"\n"
    with zipfile.ZipFile(path, "a") as archive:
        head = b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header
        archive.writestr("images.npy", head + arrays["images"].tobytes())
    with pytest.raises(InvalidInput):
        load_dataset(path)


@pytest.mark.parametrize(
    "header",
    [
        b"(" * 9000,
        b"[" * 500 + b"]" * 500,
        b"(" * 900,
        b"{'descr': '|u1', 'fortran_order': False, 'shape': (" + b"-" * 800 + b"1,), }",
        b"{'descr': '|V99999999999', 'fortran_order': False, 'shape': (1,), }",
        b"{'descr': '<U1000000000', 'fortran_order': False, 'shape': (10**9,), }",
        b"{'descr': [('a', '|u1', (99999999999,))], 'fortran_order': False, 'shape': (1,), }",
        b"{'descr': '|O', 'fortran_order': False, 'shape': (1,), }",
        b"\xff\xfe",
        b"",
    ],
)
def test_hostile_headers_are_refused(tmp_path: Path, header: bytes) -> None:
    path = tmp_path / "hostile.npz"
    with zipfile.ZipFile(path, "w") as archive:
        text = header + b"\n"
        archive.writestr("images.npy", b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text)
    with pytest.raises(InvalidInput, match=r"malformed|only plain numbers"):
        load_dataset(path)


def test_limits_hold_for_file_and_members(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path / "data.npz", **small())
    monkeypatch.setattr(datasets, "MAX_ARRAY_BYTES", path.stat().st_size - 1)
    with pytest.raises(LimitError, match="bytes; at most"):
        load_dataset(path)
    monkeypatch.setattr(datasets, "MAX_ARRAY_BYTES", 2_500)
    with pytest.raises(LimitError, match="as float32"):
        load_dataset(write(tmp_path / "wide.npz", **small()))
    monkeypatch.setattr(npz, "MAX_MEMBERS", 1)
    with pytest.raises(LimitError, match="members"):
        load_dataset(path)


# --- splits ---------------------------------------------------------------------------------------------------------


def parts(split: Split) -> dict[str, np.ndarray]:
    return {name: getattr(split, name) for name in SHARES}


def test_split_is_disjoint_complete_and_stratified(digits: Dataset, digits_split: Split) -> None:
    found = parts(digits_split)
    assert np.array_equal(np.sort(np.concatenate(list(found.values()))), np.arange(len(digits)))
    for first, second in itertools.combinations(found.values(), 2):
        assert np.intersect1d(first, second).size == 0
    for name, part in found.items():
        assert part.dtype == np.int64
        assert part.size / len(digits) == pytest.approx(SHARES[name], abs=0.02)
        assert np.bincount(digits.labels[part], minlength=10).min() >= 0.8 * SHARES[name] * 174


def test_split_depends_on_the_seed_only(digits: Dataset, digits_split: Split) -> None:
    again, other = split_by_purpose(digits, seed=0), split_by_purpose(digits, seed=1)
    for name, part in parts(digits_split).items():
        assert np.array_equal(part, getattr(again, name))
        assert not np.array_equal(part, getattr(other, name))


@pytest.mark.parametrize("per_class", [5, 6, 7, 10, 11])
def test_small_classes_reach_every_purpose(per_class: int) -> None:
    arrays = small(4 * per_class, classes=4)
    split = split_by_purpose(make_dataset("small", arrays["images"], arrays["labels"]))
    for part in parts(split).values():
        assert set(arrays["labels"][part]) == {0, 1, 2, 3}
    assert sum(part.size for part in parts(split).values()) == 4 * per_class


def test_too_small_classes_are_refused() -> None:
    arrays = small(13, classes=3)
    with pytest.raises(InvalidInput, match="class 1 has 4 samples"):
        split_by_purpose(make_dataset("small", arrays["images"], arrays["labels"]))


# --- the data folder ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "shape", "classes"),
    [
        ("orl-faces/orl_faces.npz", (400, 1, 112, 92), 40),
        ("cifar10/cifar10_test.npz", (10000, 3, 32, 32), 10),
    ],
)
def test_published_data_sets(data_file: Callable[[str], Path], name: str, shape: tuple[int, ...], classes: int) -> None:
    loaded = load_dataset(data_file(name))
    assert loaded.images.shape == shape
    assert loaded.n_classes == classes
    assert 0.9 < loaded.images.max() <= 1.0
    split = split_by_purpose(loaded)
    assert set(loaded.labels[split.users]) == set(range(classes))


def test_regression_data_is_refused(data_file: Callable[[str], Path]) -> None:
    with pytest.raises(InvalidInput, match="no array named 'labels'"):
        load_dataset(data_file("driving/driving_sim_33x100.npz"))
