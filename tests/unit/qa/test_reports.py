"""R-53: a report that an older release wrote, without margins, languages or names of evidence, is read as it was."""

import json
from pathlib import Path

from trueshelf_contracts.qa import Report
from trueshelf_contracts.signing import canonical

OLD = Path(__file__).with_name("report_2026_11_21.json")


def test_a_report_of_an_older_schema_is_read_and_nothing_is_put_into_its_mouth() -> None:
    old = json.loads(OLD.read_text())
    report = Report.model_validate(old)
    (check,) = report.checks
    assert (check.sentences, check.margin) == (None, None)
    assert [each.check for each in report.evidence] == [None]
    assert check.sentence == old["checks"][0]["sentence"]
    assert canonical(report.model_dump(mode="json", exclude_unset=True)) == canonical(old)
