"""Sizes that Fargate sells."""

from typing import Self

from pydantic import model_validator

from settings.base import Section
from settings.problems import refuse

# https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html#fargate-tasks-size
_MEMORY_MIB: dict[int, list[int]] = {
    256: [512, 1024, 2048],
    512: list(range(1024, 4096 + 1, 1024)),
    1024: list(range(2048, 8192 + 1, 1024)),
    2048: list(range(4096, 16384 + 1, 1024)),
    4096: list(range(8192, 30720 + 1, 1024)),
    8192: list(range(16384, 61440 + 1, 4096)),
    16384: list(range(32768, 122880 + 1, 8192)),
}


class FargateSize(Section):
    cpu: int
    """CPU units, 1024 to a virtual CPU."""

    memory_mib: int

    @model_validator(mode="after")
    def _sold(self) -> Self:
        if self.cpu not in _MEMORY_MIB:
            nearest = min(_MEMORY_MIB, key=lambda cpu: abs(cpu - self.cpu))
            raise refuse(
                f"must be a size of Fargate: {', '.join(map(str, _MEMORY_MIB))}", fix=f"cpu: {nearest}", at=("cpu",)
            )
        fitting = _MEMORY_MIB[self.cpu]
        if self.memory_mib not in fitting:
            nearest = min(fitting, key=lambda memory: abs(memory - self.memory_mib))
            raise refuse(
                f"must be a size that Fargate has with cpu {self.cpu}: {_words(fitting)}",
                fix=f"memory_mib: {nearest}, or another cpu",
                at=("memory_mib",),
            )
        return self


def _words(sizes: list[int]) -> str:
    return (
        ", ".join(map(str, sizes)) if len(sizes) < 5 else f"{sizes[0]} to {sizes[-1]} in steps of {sizes[1] - sizes[0]}"
    )
