"""The HTML report, read as a browser reads it: by a parser, not by patterns."""

from __future__ import annotations

import base64
import hashlib
import math

import pytest

from readerstudy import text
from readerstudy.report.html import html


@pytest.fixture(scope="module")
def page(results, drawn, parse):
    return parse(html(results, drawn))


def test_every_number_is_the_text_of_its_record(page, results):
    printed = {
        "value": text.value,
        "fraction": text.fraction,
        "interval": text.interval,
        "full": text.full,
        "statistic": lambda e: text.fixed(e.statistic, 2),
        "p": lambda e: text.p_value(e.p_value, results.protocol["study"]["alpha"]),
    }
    parts = [element for element in page.all() if element.attributes.get("data-part") and element.key()]
    assert len(parts) > 1000
    for element in parts:
        record = results.by_key[element.key()]
        assert element.text == printed[element.attributes["data-part"]](record)


def test_every_record_is_printed(page, results):
    shown = {element.attributes["data-key"] for element in page.all() if "data-key" in element.attributes}
    assert shown == set(results.by_key)


def test_every_estimate_and_p_value_has_a_key(page):
    for cell in page.all("td"):
        if cell.attributes["class"] in ("estimate", "p") and cell.text:
            assert cell.attributes.get("data-key")


def test_every_note_stands_under_the_tables_where_its_mark_stands(page, results):
    for e in results.estimates:
        if e.note:
            cell = next(c for c in page.all("td") if c.attributes.get("data-key") == e.key)
            mark = cell.all("sup")[0].text
            table = cell
            while table.attributes.get("class") != "table":
                table = table.parent
            assert f"{mark} {e.note}" in [p.text for p in table.all("p")]


def test_undefined_numbers_have_no_sort_value(page, results):
    for cell in page.all("td"):
        if cell.attributes["class"] == "estimate" and cell.key():
            defined = math.isfinite(results.by_key[cell.key()].estimate)
            assert ("data-sort" in cell.attributes) == defined


def test_policy_admits_exactly_this_style_and_this_script(page):
    policy = next(m for m in page.all("meta") if m.attributes.get("http-equiv") == "Content-Security-Policy")
    content = policy.attributes["content"]
    assert content.startswith("default-src 'none'; ")
    assert "unsafe" not in content
    for tag in ("style", "script"):
        (element,) = page.all(tag)
        digest = base64.b64encode(hashlib.sha256(element.text.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in content


def test_nothing_is_requested_and_nothing_is_styled_in_place(page):
    for element in page.all():
        assert "style" not in element.attributes
        assert not {name for name in element.attributes if name.startswith("on")}
        assert element.tag not in ("link", "img", "iframe", "object", "form", "base")
        for name in ("src", "href", "xlink:href"):
            target = element.attributes.get(name) or "#"
            assert target.startswith("#") or (element.tag == "a" and target.startswith("https://doi.org/10."))
    assert "url(" not in page.all("style")[0].text
    assert "@import" not in page.all("style")[0].text


def test_structure(page, results, drawn):
    assert page.all("html")[0].attributes["lang"] == "en"
    assert page.all("title")[0].text == "Focal liver lesions on MRI"
    assert [h.text for h in page.all("h1")] == ["Focal liver lesions on MRI"]
    assert results.protocol["study"]["notice"] in page.all("header")[0].text
    ids = [element.attributes["id"] for element in page.all() if "id" in element.attributes]
    assert len(ids) == len(set(ids))
    for link in page.all("a"):
        target = link.attributes["href"]
        assert not target.startswith("#") or target[1:] in ids
    for table in page.all("table"):
        assert table.all("caption")
        (head,) = table.all("thead")
        assert all(th.attributes["scope"] == "col" for th in head.all("th"))
        for body in table.all("tbody"):
            assert all(tr.all("th")[0].attributes["scope"] == "row" for tr in body.all("tr"))
    images = [element for element in page.all() if element.attributes.get("role") == "img"]
    assert [image.attributes["aria-label"] for image in images] == [figure.alt for figure in drawn]


def test_study_without_models_notice_and_groups(aided, parse):
    page = parse(html(aided, []))
    shown = {element.attributes["data-key"] for element in page.all() if "data-key" in element.attributes}
    assert shown == set(aided.by_key)
    assert not [p for p in page.all("p") if p.attributes.get("class") == "notice"]
    headings = {th.text for th in page.all("th")}
    assert {"Aunaided", "Aaided"} <= headings
    assert "Mean of 4 readers, aided" in page.text


def test_same_bytes_twice(results, drawn):
    assert html(results, drawn) == html(results, drawn)
