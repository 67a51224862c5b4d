"""Items: arrays of every type, texts, images, sequences, keys, splits and gold."""
from __future__ import annotations

import pathlib
import struct
import zlib
from typing import Any

import numpy as np
import pandas as pd
import pytest
from conftest import MakeDataset

from labeler_client import InputError, InvalidArgumentError, ItemCounts, LabelerError

VALUES = np.arange(12).reshape(3, 4) / 8


@pytest.mark.parametrize("kind", [np.float16, np.float32, np.float64, ">f4"])
def test_values_of_every_floating_type_come_back(make: MakeDataset, kind: Any) -> None:
    dataset = make()
    assert dataset.add_items(VALUES.astype(kind), prefix="i") == ItemCounts(created=3)
    keys, features = dataset.features()
    assert keys == ["i0", "i1", "i2"]
    np.testing.assert_array_equal(features, VALUES)
    assert features.dtype == (np.float16 if kind == np.float16 else np.float32)
    assert dataset.add_items(VALUES.astype(kind), prefix="i") == ItemCounts(unchanged=3)


def test_an_array_in_another_order_or_on_disk_is_sent_row_by_row(make: MakeDataset, tmp_path: pathlib.Path) -> None:
    dataset = make()
    np.save(tmp_path / "f.npy", VALUES.astype(np.float32))
    dataset.add_items(np.load(tmp_path / "f.npy", mmap_mode="r"), prefix="disk-")
    dataset.add_items(np.asfortranarray(VALUES)[::-1], prefix="turned-")
    np.testing.assert_array_equal(dataset.features()[1], np.concatenate([VALUES, VALUES[::-1]]))


@pytest.mark.parametrize("kind", [np.int64, np.bool_, np.complex64, object, "U3"])
def test_an_array_of_another_type_is_refused_with_what_to_do(make: MakeDataset, kind: Any) -> None:
    dataset = make()
    with pytest.raises(InputError, match="float32"):
        dataset.add_items(np.ones((3, 4)).astype(kind))
    assert dataset.info().counts.items == 0


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 1e300])
def test_a_value_that_is_not_finite_is_named_by_row_and_nothing_is_sent(make: MakeDataset, bad: float) -> None:
    dataset = make()
    values = np.ones((50_000, 4))
    values[40_000, 2] = bad
    with pytest.raises(InputError) as error:
        dataset.add_items(values)
    assert [(v.row, v.field) for v in error.value.violations] == [(40_000, "features[2]")]
    assert dataset.info().counts.items == 0


def test_pixels_are_stored_as_bytes_flat_or_as_images(make: MakeDataset) -> None:
    dataset = make("image:2x2x1")
    pixels = np.arange(8, dtype=np.uint8).reshape(2, 2, 2, 1) * 30
    dataset.add_items(pixels, ids=["a", "b"])
    dataset.add_items(pixels.reshape(2, 4), ids=["c", "d"])
    _, features = dataset.features()
    np.testing.assert_array_equal(features, np.concatenate([pixels.reshape(2, 4)] * 2))


def test_image_files_are_taken_as_paths_and_as_bytes(make: MakeDataset, tmp_path: pathlib.Path) -> None:
    dataset = make("image:2x3x1")
    (tmp_path / "ü.png").write_bytes(_png(3, 2, 51))
    dataset.add_items(images=[tmp_path / "ü.png", str(tmp_path / "ü.png"), _png(3, 2, 102)], ids=["path", "text", "bytes"])
    keys, features = dataset.features()
    assert dict(zip(keys, features[:, 0])) == {"path": 51, "text": 51, "bytes": 102}
    with pytest.raises(InputError) as error:
        dataset.add_items(images=[tmp_path / "ü.png", tmp_path / "absent.png"], ids=["x", "y"])
    assert error.value.violations[0].row == 1
    with pytest.raises(InvalidArgumentError) as refused:
        dataset.add_items(images=[_png(3, 2, 1), b"not an image"], ids=["x", "y"])
    assert (refused.value.violations[0].row, refused.value.violations[0].field) == (1, "batch.images[1]")


def test_texts_and_sequences(make: MakeDataset) -> None:
    texts = make("text")
    assert texts.add_items(texts=["one", "zwei 🦤", "<script>alert(1)</script>"], ids=[1, 2, 3]).created == 3
    assert list(texts.items()["item"]) == ["1", "2", "3"]
    with pytest.raises(InputError) as error:
        texts.add_items(texts=["fine", None], ids=[4, 5])  # type: ignore[list-item]  # that is the test
    assert error.value.violations[0].row == 1

    sequences = make("sequence:2")
    assert sequences.add_items(sequences=[np.ones((5, 2)), np.zeros((1, 2), np.float16)], prefix="s").created == 2
    with pytest.raises(InputError, match="row 1"):
        sequences.add_items(sequences=[np.ones((5, 2)), np.full((5, 2), np.nan)], prefix="t")


def test_keys_are_texts_or_integers_and_nothing_that_only_looks_like_one(make: MakeDataset) -> None:
    dataset = make()
    dataset.add_items(VALUES, ids=pd.Series([7, 8, 9]))
    dataset.add_items(VALUES, ids=np.array(["ä", "猫", "x y/z"]))
    dataset.add_items(VALUES, ids=[10, "11", np.int8(12)])
    assert list(dataset.items()["item"]) == ["7", "8", "9", "ä", "猫", "x y/z", "10", "11", "12"]
    for ids, row in (([1.0, 2.0, 3.0], 0), ([1, None, 3], 1), ([1, 2, True], 2), ([b"a", b"b", b"c"], 0), (["a", float("nan"), "c"], 1), (pd.array([1, 2, None]), 2)):
        with pytest.raises(InputError) as error:
            dataset.add_items(VALUES, ids=ids)
        assert error.value.violations[0].row == row
    with pytest.raises(InputError, match="two items") as twice:
        dataset.add_items(VALUES, ids=["same", "other", "same"])
    assert twice.value.violations[0].row == 2


def test_a_key_that_is_too_long_is_named_by_row_even_in_a_later_batch(make: MakeDataset) -> None:
    dataset = make()
    ids = [f"i{i}" for i in range(10_007)]
    ids[10_005] = "ü" * 200
    with pytest.raises(InvalidArgumentError) as error:
        dataset.add_items(ids=ids)
    assert [(v.row, v.field) for v in error.value.violations] == [(10_005, "batch.item_ids[5]")]
    assert dataset.info().counts.items == 10_000  # the batch before is stored


def test_no_items_are_no_call_and_columns_of_different_lengths_are_refused(make: MakeDataset) -> None:
    dataset = make()
    assert dataset.add_items(np.zeros((0, 4), np.float32)) == ItemCounts()
    assert dataset.add_items(ids=[]) == ItemCounts()
    assert dataset.set_gold({}) == 0
    assert dataset.delete_items([]) == 0
    assert dataset.items().empty
    assert dataset.features() [0] == []
    with pytest.raises(InputError, match="ids 2, features 3"):
        dataset.add_items(VALUES, ids=["a", "b"])
    with pytest.raises(InputError):
        dataset.add_items()


def test_a_matrix_of_the_wrong_width_is_refused_with_the_field(make: MakeDataset) -> None:
    with pytest.raises(InvalidArgumentError) as error:
        make().add_items(np.zeros((3, 5), np.float32))
    assert error.value.violations[0].field.startswith("batch.features")


def test_splits_and_gold_of_each_item(make: MakeDataset) -> None:
    dataset = make()
    dataset.add_items(VALUES, prefix="i", split=["train", "valid", "test"], gold=["cat", None, 2])
    frame = dataset.items().set_index("item")
    assert list(frame["split"]) == ["train", "validation", "test"]
    assert list(frame["gold"]) == ["cat", None, "eel"]
    assert list(dataset.items(split="test")["item"]) == ["i2"]
    with pytest.raises(InputError) as error:
        dataset.add_items(VALUES, split=["train", "dev", "test"])
    assert error.value.violations[0].row == 1

    assert dataset.set_gold({"i0": "dog", "i1": "dog"}) == 2
    assert dataset.set_gold(pd.DataFrame({"item": ["i0", "i1"], "label": ["dog", np.nan]})) == 1
    assert dataset.set_gold(items=["i2"], classes=[0]) == 1
    assert list(dataset.items()["gold"]) == ["dog", None, "cat"]
    with pytest.raises(InputError) as unknown:
        dataset.set_gold({"i0": "cow"})
    assert (unknown.value.violations[0].row, unknown.value.violations[0].field) == (0, "label")


def test_items_are_deleted_by_key(make: MakeDataset) -> None:
    dataset = make()
    dataset.add_items(VALUES, prefix="i")
    with pytest.raises(LabelerError):
        dataset.delete_items(["i0", "absent"])
    assert dataset.delete_items(["i0", "absent"], allow_missing=True) == 1
    assert list(dataset.items()["item"]) == ["i1", "i2"]


def _png(width: int, height: int, grey: int) -> bytes:
    """A grey PNG."""
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = (b"\0" + bytes([grey]) * width) * height
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
