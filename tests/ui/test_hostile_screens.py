"""Every text of the corpus on every surface of the app, painted in this process: none acts, honest ones are read."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime
from typing import Any, NamedTuple

import pytest
from kit.hostile import TEXTS, Text, acts
from kit.hostile_book import HostileBook, hostile_book
from kit.tally import Tally
from msgspec import structs
from textual import events
from textual.content import Content
from textual.strip import Strip
from textual.widget import Widget

from data.account import Entry
from data.backends.native import NativeBackend
from data.ports import ConflictView, Detail, Earlier
from data.ports_list import Header, Link, ListLine
from data.remedy import Change, Moved, State
from data.safe_text import SafeText, safe_reason, safe_text
from screens import inbox_words
from screens.contact_form import ContactForm
from screens.remedy_form import RemedyForm
from screens.remedy_form_fields import member_options
from screens.remedy_form_words import confirm_lines, earlier_lines, facts_for
from screens.row_menu import MenuList, RowMenu
from screens.why import WhyPage
from triage.app import TriageApp
from triage.desk import Desk, Place, Session, TokenBox, sync_once
from triage.desk.policies import Policies
from widgets import audit_row, outbox_row, severity_badge
from widgets.account_facts import left_sections, right_sections
from widgets.before_after import BeforeAfter
from widgets.block import Block
from widgets.choice_row import ChoiceRow
from widgets.columns import layout_for
from widgets.detail_bottom import bottom_lines
from widgets.detail_right import right_sections as pane_sections
from widgets.empty_note import EmptyNote
from widgets.facts import About
from widgets.filter_line import FilterInput
from widgets.header_line import HeaderLine
from widgets.line import strip, wrap
from widgets.look import Look
from widgets.numbers import fit
from widgets.outbox_row import Choice
from widgets.row_strip import RowPainter, RowState
from widgets.status_line import StatusLine
from widgets.view_tabs import TitleTabs, band_strip

NOW = datetime.now(UTC)
WIDTH = 100


class Seen(NamedTuple):
    """One account as the app has it, and the text it is named after."""

    text: Text
    detail: Detail


class Stage(NamedTuple):
    """What a painter needs besides the account."""

    look: Look
    desk: Desk
    header: Header
    change: Change
    entry: Entry
    painted: set[object]


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HostileBook]:
    """The whole corpus as a book."""
    with hostile_book(tmp_path_factory.mktemp("hostile")) as served:
        yield served


@pytest.fixture(scope="module")
def desk(book: HostileBook, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A desk on it, synced over HTTP."""
    home = tmp_path_factory.mktemp("home")
    session = Session(
        place=Place(book.running.url, "default", home / "state", home / "cache", "triage/test"),
        policies=Policies(),
        clock=lambda: datetime.now(UTC),
        connect=NativeBackend,
        token=TokenBox(lambda: book.running.token, lambda kept: None),
    )
    assert sync_once(session).error is None
    with closing(Desk.open(session)) as opened:
        yield opened
        opened.stop()


@pytest.fixture(scope="module")
def everyone(book: HostileBook, desk: Desk) -> list[Seen]:
    """All accounts: names went through server, wire, cache and rules."""
    found = [Seen(one.text, desk.detail(one.id)) for one in book.accounts]
    for text, detail in found:
        assert str(detail.account.name) == str(safe_text(text.text)), ascii(text.text)[:80]
        assert detail.row.suspicious == text.suspicious, ascii(text.text)[:80]
    return found


# --- surfaces: what each paints for one account ---


def rows(one: Seen, on: Stage) -> Iterator[Strip]:
    """The list at three widths, plain, under the cursor and as a ghost."""
    for width in (80, 100, 140):
        for state in (RowState(), RowState(cursor=True, gone=True)):
            yield RowPainter(layout_for(width), on.look).paint(ListLine(one.detail.row, ""), state, NOW)[0]


def _lines(sections: Any, width: int, look: Look) -> Iterator[Strip]:
    return (strip(left, width, look, "bg", right) for section in sections for left, right in section)


def pane_right(one: Seen, on: Stage) -> Sequence[Strip]:
    """The pane at the right; a doubtful organisation has a mark of its own."""
    lines = list(_lines(pane_sections(one.detail, NOW, {"reset_usage": "R"}, "", 44, on.look), 44, on.look))
    firm = one.detail.account.org_name
    if firm is not None and firm not in one.detail.row.name:
        shown = f"{fit(firm, 42, on.look.glyphs).strip()}{' !' * firm.suspicious}"
        assert any(line.text.strip() == shown for line in lines), shown
        assert any("Hidden characters" in line.text for line in lines) == firm.suspicious | one.text.suspicious
    return lines


def pane_bottom(one: Seen, on: Stage) -> Sequence[Strip]:
    """The pane at the bottom."""
    return bottom_lines(one.detail, NOW, {"reset_usage": "R"}, "", WIDTH, on.look)


def account_screen(one: Seen, on: Stage) -> Iterator[Strip]:
    """Both columns of the account screen and its title."""
    title = TitleTabs()
    facts = [severity_badge.named(one.detail.row, 40, on.look)]
    title.show("Account", facts, severity_badge.doubt(one.detail.row, on.look))
    yield from title.paint(WIDTH, 2, on.look)
    yield from _lines(left_sections(one.detail, NOW, 58, on.look), 58, on.look)
    yield from _lines(right_sections(one.detail, NOW, 58, on.look), 58, on.look)


def why_screen(one: Seen, on: Stage) -> Iterator[Strip]:
    """The parts, and the verdicts with their inputs."""
    view = on.desk.health(one.detail.row.id)
    assert view is not None
    page = WhyPage()
    page.show(view, NOW)
    for page.inputs in (False, True):
        lines = [line for column in page.columns(58, True, on.look) for section in column for line in section]
        fresh = [line for line in lines if (tuple(line[0]), tuple(line[1])) not in on.painted]
        on.painted.update((tuple(left), tuple(right)) for left, right in fresh)  # alike for many accounts
        yield from (strip(left, 58, on.look, "bg", right) for left, right in fresh)


def row_menu(one: Seen, on: Stage) -> Iterator[Strip]:
    """The menu of a row: its title, and what stands against an action in the words of a guard."""
    menu = RowMenu(on.desk, one.detail, [])
    yield title_strip(next(iter(menu.compose()))._border_title)
    listed = MenuList([("contact", "n", ""), ("claim", "m", _said(one))], ())
    for at in (0, 1):
        yield from listed.lines_of(at, on.look, 66)


def remedy_forms(one: Seen, on: Stage) -> Iterator[Strip]:
    """Who, now and after, an earlier reset, the second confirmation and the members; of three forms one in turn."""
    about = About(one.detail.account.currency, NOW, on.look.glyphs)
    others = ("grant_trial", "apply_discount", "change_tier")
    for kind in ("reset_usage", "change_admin", others[len(one.text.text) % len(others)]):
        form = on.desk.open_form(kind, one.detail.row.id)
        drawn = RemedyForm(on.desk, form)
        spaces = one.detail.account.workspaces
        yield strip(drawn._who(str(spaces[0].name) if spaces else ""), 70, on.look, "raised", drawn._badge())
        yield from _painted(BeforeAfter(facts_for(form, None, form.workspace_id, about)), on.look)
        if form.members:
            yield from _painted(ChoiceRow("New admin", member_options(form), None), on.look)
        options = [(value, str(name), "") for value, name in form.workspace_choices]
        yield from _painted(ChoiceRow("Workspace", options, form.workspace_id), on.look)
    earlier = Earlier(safe_text(one.text.text), NOW, safe_reason(one.text.text), False, one.detail.row.name)
    yield from (strip(line, 66, on.look) for line in earlier_lines(earlier, NOW, on.look))
    yield from (strip(line, 66, on.look) for line in confirm_lines(f"Down: {_said(one)}", _said(one)))


def contact_form(one: Seen, on: Stage) -> Iterator[Strip]:
    """The form that logs a talk."""
    form = ContactForm(on.desk, one.detail)
    yield strip(form._who(), 70, on.look, "raised", form._contact())


def outbox_screen(one: Seen, on: Stage) -> Iterator[Strip]:
    """A row of the outbox in every state that quotes somebody, open."""
    said = safe_reason(one.text.text)
    moved = (Moved("mrr", said, said, SafeText("stf_1"), safe_text(one.text.text), NOW, said, SafeText("c")),)
    fields = ((_said(one), said, said, said, True), ("workspaces.w.seats", said, said, said, False))
    for state in (State.CONFLICT, State.REJECTED, State.PARKED, State.APPLIED, State.HELD):
        change = structs.replace(
            on.change, account_name=one.detail.row.name, reason=said, last_error=said, state=state, conflict=moved
        )
        for width in (80, 120):
            name = severity_badge.marked(one.detail.row, outbox_row.account_cells(width), on.look)
            line = outbox_row.row_strip(change, _said(one), width, on.look, True, NOW, name)
            assert name in line.text and name.endswith(" !") >= one.text.suspicious
            yield line
            view = ConflictView(change, NOW, NOW, fields, {"w": said}) if state is State.CONFLICT else None
            yield from outbox_row.details(change, width, on.look, NOW, view, "EUR", [Choice("e", "Write", _said(one))])


def audit_screen(one: Seen, on: Stage) -> Iterator[Strip]:
    """An entry of the trail by a hostile person for a hostile reason, open."""
    text = safe_text(one.text.text)
    values = {"mrr": safe_reason(one.text.text), "workspaces": [{"id": "w", "name": text, "locked": True}]}
    fields = {"actor": structs.replace(on.entry.actor, name=text), "action": text, "outcome": text}
    entry = structs.replace(on.entry, **fields, reason=safe_reason(one.text.text), before=values, after={"mrr": 1})
    for width in (80, 120):
        name = severity_badge.marked(one.detail.row, 25, on.look)
        yield audit_row.row_strip(entry, name, width, on.look, True, NOW, False)
        yield from audit_row.details(entry, width, on.look, NOW, "EUR")


def status_line(one: Seen, on: Stage) -> Iterator[Strip]:
    """What was just said, and the echo of the filter; unclean, as an error might bring it."""
    for said in (one.text.text, f"“{one.text.text}”", f"Released {one.detail.row.name}."):
        line = StatusLine()
        line.show([(said, "text"), ("esc", "key")], [("1 of 2", "muted")])
        yield from line.paint(WIDTH, 1, on.look)


def frame(one: Seen, on: Stage) -> Iterator[Strip]:
    """Header, titles, tabs' band and the note of an empty list, all with unclean words in them."""
    who = structs.replace(on.header.who, name=safe_text(one.text.text)) if on.header.who else None
    header = HeaderLine()
    header.show(structs.replace(on.header, who=who, profile=_raw(one)), NOW)
    yield from header.paint(140, 1, on.look)
    title = TitleTabs()
    title.show(_raw(one), [_raw(one)], [(_raw(one), "text")])
    yield from title.paint(140, 2, on.look)
    yield band_strip(inbox_words.Band(_raw(one), _raw(one), _raw(one)), 140, on.look)
    note = EmptyNote()
    offline = structs.replace(on.header.status, link=Link.OFFLINE, sentence=one.text.text)
    unsynced = structs.replace(on.header, synced_at=None, status=offline)
    note.show(*inbox_words.empty(unsynced, inbox_words.View.AT_RISK, "", NOW))
    yield from note.paint(WIDTH, 20, on.look)
    note.show(*inbox_words.empty(on.header, inbox_words.View.AT_RISK, one.text.text, NOW))
    yield from note.paint(WIDTH, 20, on.look)


def _painted(block: Block, look: Look) -> Sequence[Strip]:
    return block.lines(70, look)


def _said(one: Seen) -> str:
    return str(safe_text(one.text.text))


def _raw(one: Seen) -> str:
    return one.text.text[:300]


def title_strip(title: Content | None) -> Strip:
    """What a border title is drawn as."""
    assert title is not None and not title.spans, "a title has no markup"
    return Strip(title.render_segments())


SURFACES: tuple[Callable[[Seen, Stage], Any], ...] = (
    rows,
    pane_right,
    pane_bottom,
    account_screen,
    why_screen,
    row_menu,
    remedy_forms,
    contact_form,
    outbox_screen,
    audit_screen,
    status_line,
    frame,
)
NAMELESS = (why_screen, frame)  # show no account's name


@pytest.mark.parametrize("paint", SURFACES, ids=lambda paint: paint.__name__)
async def test_every_text_on_a_surface_of_the_app(
    paint: Callable[[Seen, Stage], Any], desk: Desk, everyone: list[Seen], tally: Tally
) -> None:
    app = TriageApp(desk, glyphs="unicode")
    async with app.run_test(size=(WIDTH, 30)) as pilot:
        await pilot.pause()
        on = Stage(app.look, desk, desk.header(), a_change(everyone[0].detail), desk.audit(None, None, 1)[0], set())
        for one in everyone:
            strips = list(paint(one, on))
            drawn = "\n".join(part.text for part in strips)
            harmless(strips, one.text)
            if paint not in NAMELESS:
                readable(drawn, one, app.look)
                marked = " !" in drawn or paint is status_line
                assert marked or not one.text.suspicious, f"no mark: {ascii(one.text.text)[:60]}"
    tally("hostile strings x surfaces", len(everyone))


async def test_every_text_pasted_into_the_filter_and_copied(desk: Desk, tally: Tally) -> None:
    """A paste is made safe before it is a value, and what leaves by the clipboard; there is no palette, no tooltip."""
    app = TriageApp(desk, glyphs="unicode")
    async with app.run_test(size=(WIDTH, 30)) as pilot:
        await pilot.pause()
        await pilot.press("slash")
        field = app.screen.query_one(FilterInput)
        for one in TEXTS:
            with field.prevent(FilterInput.Changed):
                field.value = ""
                field.on_paste(events.Paste(one.text))
                assert field.value == str(safe_text(one.text))
                field.value = one.text  # however else it might come in
                harmless([field.render_line(0)], one)
            app.copy_to_clipboard(one.text)
            assert not acts(app.clipboard)
        assert not app.ENABLE_COMMAND_PALETTE and not any(each.tooltip for each in app.screen.walk_children(Widget))
    tally("hostile strings x surfaces", 2 * len(TEXTS))


def harmless(strips: Sequence[Strip], text: Text) -> None:
    """Nothing in the strips acts: no character, no link, no action of Textual's."""
    for part in strips:
        for segment in part:
            assert not acts(segment.text), f"{text.kind}: {ascii(segment.text)[:200]}"
            assert segment.control is None
            style = segment.style
            assert style is None or not (style.link or style.meta), f"{text.kind}: live {style!r}"


def readable(drawn: str, one: Seen, look: Look) -> None:
    """The beginning of an honest name stands there literally, without a question mark in it."""
    if one.text.seen.strip():
        word = look.glyphs.show(wrap(one.text.seen, 9)[0])
        assert word in drawn, f"{one.text.seen[:40]!r} cannot be read in\n{drawn[:400]}"


def a_change(detail: Detail) -> Change:
    """A row of the outbox to vary."""
    nothing = dict.fromkeys(field.name for field in structs.fields(Change))
    known = {"change_id": "00000000-0000-4000-8000-000000000001", "position": 1, "kind": "apply_discount"}
    known |= {"account_id": detail.row.id, "account_name": detail.row.name, "params": {"percent": 5}, "attempts": 1}
    known |= {"before": {"discount": None}, "after_values": {"discount": None}, "body": b"{}", "base_url": "http://x"}
    known |= {"staff_id": "stf_1", "staff_name": SafeText("Maya"), "unknown": False, "authored_at": NOW}
    return Change(**{**nothing, **known, "reason": SafeText("They asked"), "state": State.HELD})
