"""Why no evidence pack was written. Each message is Chinese / English and says what there is or what to do."""

from __future__ import annotations

from collections.abc import Iterable


class EvidenceError(RuntimeError):
    """No pack was written."""


class NothingPublished(EvidenceError):
    """There is no publication yet."""

    def __init__(self) -> None:
        super().__init__("nothing is published yet: ./green-freight run / 尚未发布任何数据")


class WarehouseOlder(EvidenceError):
    """The warehouse lacks tables that this version of the code reads."""

    def __init__(self, lacking: object) -> None:
        super().__init__(
            "数据仓库的结构比本程序旧，请先运行 ./green-freight run（真实安装：initialise） / "
            "the warehouse is older than this code: ./green-freight run (a real installation: initialise) first: "
            f"{lacking}"
        )


class NoSuchChoice(EvidenceError):
    """A work, year, indicator or publication was asked for that the published state does not have."""

    def __init__(self, zh: str, en: str, there_is: Iterable[object]) -> None:
        there = ", ".join(map(str, there_is)) or "–"
        super().__init__(f"{zh}；可选：{there} / {en}; there is: {there}")


class OriginalMissing(EvidenceError):
    """A file whose rows were counted is not in the landing store."""


class OriginalDiffers(EvidenceError):
    """A file in the landing store is not the one that was recorded, or not the one that was published."""


class RowDiffers(EvidenceError):
    """A counted thing does not stand in the file at the place that the warehouse names."""


class DoesNotAddUp(EvidenceError):
    """The counted rows do not give the published figure."""


class Unwritable(EvidenceError):
    """The zip cannot be written where it was asked for."""

    def __init__(self, path: object, error: OSError) -> None:
        super().__init__(
            f"{path}：无法写入（{error.strerror}），请用 --output 指定可写的位置 / "
            f"{path}: it cannot be written ({error.strerror}); name another place with --output"
        )
