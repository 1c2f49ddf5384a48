"""`torch.utils.data`: examples, and loaders that put them into batches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from .. import random
from ..functions import stack
from ..tensors import Tensor, wrap


class Dataset:
    """Examples by number."""

    def __getitem__(self, index: int) -> Any:
        raise NotImplementedError("Subclasses of Dataset should implement __getitem__.")


class TensorDataset(Dataset):
    """The rows of tensors of one length."""

    def __init__(self, *tensors: Tensor) -> None:
        if any(len(each) != len(tensors[0]) for each in tensors):
            raise AssertionError("Size mismatch between tensors")
        self.tensors = tensors

    def __getitem__(self, index: Any) -> Any:
        return tuple(each[index] for each in self.tensors)

    def __len__(self) -> int:
        return len(self.tensors[0])


class DataLoader:
    """The examples of a data set in batches, shuffled if wanted."""

    def __init__(
        self,
        dataset: Any,
        batch_size: int = 1,
        shuffle: bool = False,
        *,
        drop_last: bool = False,
        num_workers: int = 0,
        generator: Any = None,
    ) -> None:
        self.dataset = dataset
        self.batch_size = batch_size
        self.shuffle = shuffle
        self.drop_last = drop_last
        self.generator = generator

    def __len__(self) -> int:
        count = len(self.dataset)
        return count // self.batch_size if self.drop_last else -(-count // self.batch_size)

    def __iter__(self) -> Iterator[Any]:
        source = self.generator or random.default_generator
        source.long_words(1)  # PyTorch draws a seed for its workers first, also without any
        order: Sequence[int] = range(len(self.dataset))
        if self.shuffle:
            if self.generator is None:
                seed = int(source.long_words(1)[0]) & 0x7FFFFFFFFFFFFFFF
                source = random.Generator().manual_seed(seed)
            order = source.permutation(len(order)).tolist()
        return self._batches(order)

    def _batches(self, order: Sequence[int]) -> Iterator[Any]:
        for start in range(0, len(order), self.batch_size):
            batch = order[start : start + self.batch_size]
            if len(batch) == self.batch_size or not self.drop_last:
                yield collated([self.dataset[i] for i in batch])


def collated(examples: Sequence[Any]) -> Any:
    """Examples as one: tensors stacked, numbers as a tensor, tuples and dicts part by part."""
    first = examples[0]
    if isinstance(first, Tensor):
        return stack(examples)
    if isinstance(first, (tuple, list)):
        return [collated(parts) for parts in zip(*examples, strict=True)]
    if isinstance(first, dict):
        return {name: collated([each[name] for each in examples]) for name in first}
    if isinstance(first, float):
        return wrap(np.array(examples))
    return wrap(np.array(examples)) if isinstance(first, (int, np.ndarray)) else list(examples)
