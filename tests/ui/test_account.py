"""The account screen and the help on the real stack."""

from data.ports_list import Sort, View
from screens.account import AccountPage, AccountScreen
from screens.help import HelpScreen
from screens.inbox import InboxScreen
from widgets import numbers


def rows(desk, view=View.AT_RISK):
    return [line.row for line in desk.open_list(view, Sort.SEVERITY, "").window(0, 1000)]


async def whole(app, pilot, seen) -> str:
    """Everything on the page, screen by screen."""
    page = app.screen.query_one(AccountPage)
    text = seen(app)
    while page.top < page.length - page.size.height:
        await pilot.press("pagedown")
        await pilot.pause()
        text += "\n" + seen(app)
    return text


async def test_the_account_screen_shows_everything_known(open_desk, app_of, seen) -> None:
    desk = open_desk()
    row = rows(desk)[0]
    detail = desk.detail(row.id)
    app = app_of(desk)
    async with app.run_test(size=(140, 40)) as pilot:
        await pilot.press("enter")
        await pilot.pause(0.2)
        assert isinstance(app.screen, AccountScreen)
        text = await whole(app, pilot, seen)
        for heading in (
            "Workspaces",
            "Admin logins, 30 days",
            "Contacts",
            "Health",
            "Price and renewal",
            "Pending",
            "History",
        ):
            assert heading in text
        assert row.id in text and numbers.money_exact(row.mrr, row.currency) in text
        for workspace in detail.account.workspaces:
            assert workspace.name in text and f"{workspace.seats_used} of {workspace.seats_licensed} seats" in text
        for contact in detail.account.contacts:
            assert f"{contact.name}, {contact.role}" in text
        await pilot.press("escape")
        assert isinstance(app.screen, InboxScreen)


async def test_remedies_work_from_the_account_screen(open_desk, app_of, seen) -> None:
    from screens.remedy_form import RemedyForm

    app = app_of(open_desk())
    async with app.run_test(size=(100, 30)) as pilot:
        await pilot.press("enter")
        await pilot.pause(0.1)
        await pilot.press("D")
        await pilot.pause(0.2)
        assert isinstance(app.screen, RemedyForm)
        await pilot.press("escape")
        await pilot.pause(0.1)
        assert isinstance(app.screen, AccountScreen)


async def test_help_shows_the_keys_as_they_are_now(open_desk, app_of, seen) -> None:
    app = app_of(open_desk(), keymap={"do.reset_usage": "x", "see.open": "o"})
    async with app.run_test(size=(100, 60)) as pilot:
        await pilot.pause(0.1)
        assert "x reset" in seen(app).split("\n")[-1] and "o open" in seen(app).split("\n")[-1]
        await pilot.press("question_mark")
        await pilot.pause(0.1)
        assert isinstance(app.screen, HelpScreen)
        text = seen(app)
        assert "x        reset usage" in text and "R        reset usage" not in text
        for words in ("all actions", "filter", "next order", "first", "outbox", "quit", "the whole book"):
            assert words in text
        await pilot.press("escape")
        assert isinstance(app.screen, InboxScreen)


async def test_an_account_that_leaves_the_book_is_said_so(open_desk, app_of, seen) -> None:
    desk = open_desk()
    app = app_of(desk)
    async with app.run_test(size=(100, 30)) as pilot:
        app.push_screen(AccountScreen(desk, "acc_gone"))
        await pilot.pause(0.2)
        assert "This account is no longer in the book." in seen(app)
