"""Sizes that Fargate sells."""

from collections.abc import Iterator

from settings.base import Section, section_rule
from settings.problems import Refusal, refuse

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
    """Memory of a task, in MiB."""

    @section_rule
    def _sold(self) -> Iterator[Refusal]:
        if self.cpu not in _MEMORY_MIB:
            nearest = min(_MEMORY_MIB, key=lambda cpu: abs(cpu - self.cpu))
            yield refuse(f"must be a size of Fargate: {', '.join(map(str, _MEMORY_MIB))}", at=("cpu",), write=nearest)
            return
        fitting = _MEMORY_MIB[self.cpu]
        if self.memory_mib not in fitting:
            nearest = min(fitting, key=lambda memory: abs(memory - self.memory_mib))
            yield refuse(
                f"must be a size that Fargate has with cpu {self.cpu}: {_words(fitting)}",
                fix="or another `cpu`",
                at=("memory_mib",),
                write=nearest,
            )


def _words(sizes: list[int]) -> str:
    return (
        ", ".join(map(str, sizes)) if len(sizes) < 5 else f"{sizes[0]} to {sizes[-1]} in steps of {sizes[1] - sizes[0]}"
    )
