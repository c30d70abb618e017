"""Why no evidence pack was written. Each message is Chinese / English and says what there is or what to do."""

from __future__ import annotations

from collections.abc import Iterable


class EvidenceError(RuntimeError):
    """No pack was written."""


class NothingPublishedError(EvidenceError):
    """There is no publication yet."""

    def __init__(self) -> None:
        super().__init__(
            "尚未发布任何数据，无法生成佐证材料；请先运行 ./green-freight run。 / "
            "Nothing is published yet, so there is no evidence; run ./green-freight run first."
        )


class OlderWarehouseError(EvidenceError):
    """The warehouse lacks tables that this version of the code reads."""

    def __init__(self, lacking: object) -> None:
        super().__init__(
            f"数据仓库的结构比本程序旧（{lacking}），请先运行 ./green-freight run（真实安装：initialise）。 / "
            f"The warehouse is older than this code ({lacking}); run ./green-freight run first (a real installation: "
            "initialise)."
        )


class NoSuchChoiceError(EvidenceError):
    """A work, year, indicator or publication was asked for that the published state does not have."""

    def __init__(self, zh: str, en: str, there_is: Iterable[object]) -> None:
        there = ", ".join(map(str, there_is)) or "–"
        super().__init__(f"{zh}；可选：{there}。 / {en}; choose from: {there}.")


class OriginalMissingError(EvidenceError):
    """A file whose rows were counted is not in the landing store."""


class OriginalDiffersError(EvidenceError):
    """A file in the landing store is not the one that was recorded, or not the one that was published."""


class RowDiffersError(EvidenceError):
    """A counted thing does not stand in the file at the place that the warehouse names."""


class SumDiffersError(EvidenceError):
    """The counted rows do not give the published figure."""


class UnwritableError(EvidenceError):
    """The zip cannot be written where it was asked for."""

    def __init__(self, path: object, error: OSError) -> None:
        super().__init__(
            f"佐证材料 {path} 无法写入（{error.strerror}），请用 --output 指定可写的位置。 / "
            f"The evidence pack {path} cannot be written ({error.strerror}); name another place with --output."
        )
