"""What pages of the documentation say is what the code does."""

import re
from pathlib import Path

import keras_xavier
from keras_xavier.diagnosis import FindingName

ROOT = Path(__file__).parent.parent


def test_every_finding_has_a_cause_and_a_remedy():
    page = (ROOT / "docs" / "reference" / "findings.md").read_text("utf-8")
    assert sorted(re.findall(r"^\| `(\w+)` \| .+ \| .+ \|$", page, re.M)) == sorted(
        FindingName
    )


def test_the_report_of_the_guide_is_the_report_of_the_sample_run():
    """In the guide, "…" stands for omitted text."""
    page = (ROOT / "docs" / "how-to" / "diagnose.md").read_text("utf-8")
    (shown,) = re.findall(r"(?s)^```text\n(.*?)^```", page, re.M)
    (finding,) = keras_xavier.diagnose(keras_xavier.sample_run("sigmoid-standard"))
    position = 0
    for part in shown.split("…"):
        position = str(finding).find(part.strip(), position)
        assert position >= 0, f"Not in the report: {part}"


def test_code_of_the_gallery_fits_the_page():
    for page in (ROOT / "docs" / "gallery" / "figures").glob("*.md"):
        code = page.read_text().partition("```python\n")[2].partition("```")[0]
        assert max(map(len, code.splitlines())) <= 80, page
