"""What a program checks a pack by: the list of checksums and the manifest."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from green_freight.evidence import archive
from green_freight.evidence.archive import Content
from green_freight.evidence.contents import Material, Proof
from green_freight.periods import SHANGHAI

CHECKSUMS = "校验清单.sha256"
MANIFEST = "manifest.json"
# Raised when an entry changes its meaning or goes away.
_VERSION = 1


def with_checks(material: Material, members: Mapping[str, Content]) -> dict[str, Content]:
    """Return the members with the manifest and the list of checksums of all the others."""
    described = {**members, MANIFEST: _manifest(material)}
    return {**described, CHECKSUMS: archive.checksum_list(described)}


def _manifest(material: Material) -> bytes:
    publication = material.publication
    manifest = {
        "manifest_version": _VERSION,
        "is_synthetic": material.is_synthetic,
        "city": material.city_zh,
        "work_no": material.work.work_no,
        "work_name_zh": material.work.name_zh,
        "year": material.year,
        "publication_no": publication.publication_no,
        "published_at": publication.published_at.astimezone(SHANGHAI).isoformat(),
        "as_of_date": publication.as_of_date.isoformat(),
        "code_version": publication.code_version,
        "indicators": [_indicator(material, proof) for proof in material.proofs],
        "files": [
            {
                "path": material.paths[key],
                "agency_code": file.agency_code,
                "delivery_name": file.delivery_name,
                "period_label": file.period_label,
                "file_name": file.file_name,
                "sha256": file.sha256,
                "bytes": file.bytes,
            }
            for key, file in material.files.items()
        ],
    }
    return (json.dumps(manifest, ensure_ascii=False, indent=1) + "\n").encode()


def _indicator(material: Material, proof: Proof) -> dict[str, Any]:
    figure = proof.figure
    return {
        "indicator_code": figure.indicator_code,
        "indicator_name_zh": figure.name_zh,
        "period_month": figure.period_month.isoformat(),
        "as_of_date": figure.as_of_date.isoformat(),
        "target_value": _exact(figure.target_value),
        "actual_value": _exact(figure.actual_value),
        "numerator": _exact(figure.numerator),
        "denominator": _exact(figure.denominator),
        "status_code": figure.status_code,
        "revision_state_code": figure.revision_state_code,
        "null_reason_code": figure.null_reason_code,
        "workbook": material.workbook_path(proof),
        "tables": {part: material.table_path(proof, part) for part in proof.parts},
        "rows": {part: len(proof.part(part)) for part in proof.parts},
    }


def _exact(value: Decimal | None) -> str | None:
    """Return a number as text, so that no reader rounds it."""
    return None if value is None else str(value)
