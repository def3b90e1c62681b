"""Google Merchant feeds in RSS 2.0 and Atom, parsed element by element; no DTD, entity or network."""

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from lxml import etree

from ingest.feeds.rows import FeedUnreadable, Problem, Row
from ingest.feeds.source import Source

_GOOGLE = "http://base.google.com/ns/1.0"
_ROOTS = ("rss", "RDF", "feed")
_ITEMS = ("{*}item", "{*}entry")
# Repeated ones are a list even where there is just one: a comma in an address parts nothing.
_LISTS = frozenset({"additional_image_link"})
_ATOM = {"summary": "description", "content": "description"}
_SAFE: dict[str, Any] = {"resolve_entities": False, "no_network": True, "load_dtd": False, "huge_tree": False}


def read_xml(source: Source) -> Iterator[Row | Problem]:
    """Products of the feed. Raises FeedUnreadable where it is no well-formed XML: nothing can follow."""
    _check_start(source)
    number = 0
    try:
        with source.open() as file:
            for _, element in etree.iterparse(file, events=("end",), tag=_ITEMS, **_SAFE):
                number += 1
                place = f"{source.name} item {number}, line {element.sourceline}"
                yield Row(place, _fields(element), kind="merchant")
                _free(element)
    except etree.XMLSyntaxError as error:
        raise FeedUnreadable(f"{source.name}: after item {number}: {_said(error)}") from error


def _check_start(source: Source) -> None:
    """Refuse a DTD before anything is read in which its entities could stand."""
    parser = etree.XMLPullParser(events=("start",), **_SAFE)
    with suppress(etree.XMLSyntaxError):  # said by the reader, once it has given what comes before
        parser.feed(source.head)
    root: Any = next((element for _, element in parser.read_events()), None)
    if root is None:
        raise FeedUnreadable(
            f"{source.name}: no XML element begins within its first {len(source.head):,} bytes."
        )
    if root.getroottree().docinfo.doctype:
        raise FeedUnreadable(f"{source.name}: has a DTD, which no product feed needs; remove the DOCTYPE.")
    _, name = _parted(root.tag)
    if name not in _ROOTS:
        raise FeedUnreadable(f"{source.name}: begins with <{name}>; expected <rss> or <feed>.")


def _fields(element: Any) -> dict[str, Any]:
    """The product's fields by name; Google's own before RSS's or Atom's of the same name."""
    plain: dict[str, Any] = {}
    google: dict[str, Any] = {}
    for child in element.iterchildren(tag=etree.Element):
        namespace, name = _parted(child.tag)
        target = google if namespace == _GOOGLE else plain
        text = child.get("href") if name == "link" and child.get("href") else _value(child)
        local = name if target is google else _ATOM.get(name, name)
        if text in ("", None):
            continue
        if local not in target:
            target[local] = [text] if local in _LISTS else text
        elif isinstance(target[local], list):
            target[local].append(text)
        else:
            target[local] = [target[local], text]
    return {**plain, **google}


def _value(element: Any) -> Any:
    children = list(element.iterchildren(tag=etree.Element))
    if children:
        return {_parted(child.tag)[1]: "".join(child.itertext()).strip() for child in children}
    return "".join(element.itertext()).strip()


def _parted(tag: str) -> tuple[str, str]:
    """Namespace and name. QName would raise for a prefix that the feed does not declare."""
    namespace, _, name = tag.removeprefix("{").rpartition("}")
    return namespace, name


def _free(element: Any) -> None:
    """Everything up to this element, which would else stay in the tree to the end."""
    element.clear()
    while element.getprevious() is not None:
        del element.getparent()[0]


def _said(error: etree.XMLSyntaxError) -> str:
    return f"is not well-formed XML, line {error.lineno}: {str(error.msg).splitlines()[0][:200]}"
