"""Sign-in: checked in a thread of our own against a real server; the token is nowhere to be seen."""

import threading

from screens.sign_in import SignIn
from widgets.choice_row import ChoiceRow
from widgets.word_input import WordInput


async def opened(app, pilot, wait) -> SignIn:
    """The app offers the sign-in by itself when nobody is signed in."""
    await wait(pilot, lambda: isinstance(app.screen, SignIn) and app.focused is not None and app.focused.id == "token")
    return app.screen


async def test_a_wrong_token_is_told_and_a_right_one_lets_in(open_desk, app_of, wait, seen, ui_server) -> None:
    desk = open_desk(token="", synced=False)
    app = app_of(desk)
    async with app.run_test(size=(80, 24)) as pilot:
        form = await opened(app, pilot, wait)
        assert ui_server.url in seen(app)
        assert "paste the token first" in seen(app)
        entry = form.query_one("#token", WordInput)
        entry.value = "another wrong one"
        form.query_one("#keep", ChoiceRow).choose(1)
        await pilot.press("enter", "enter", "enter")
        assert app.screen is form
        await pilot.press("ctrl+s")
        await wait(pilot, lambda: form.query_one("#submit").ready and app.focused is entry)
        assert "another wrong one" not in seen(app)
        assert "token" in seen(app).lower()
        entry.value = ui_server.tokens["agent"]
        await pilot.press("ctrl+s")
        await wait(pilot, lambda: app.screen is not form)
        await wait(pilot, lambda: "Signed in as" in seen(app))
        assert ui_server.tokens["agent"] not in seen(app)
    assert desk.cache.identity is not None


async def test_typing_never_waits_for_the_server(open_desk, app_of, wait, seen, peer) -> None:
    waits = threading.Event()
    peer.script = [lambda conn, asked: waits.wait(20) and False]
    desk = open_desk(url=peer.url, token="", synced=False)
    app = app_of(desk)
    async with app.run_test(size=(80, 24)) as pilot:
        form = await opened(app, pilot, wait)
        entry = form.query_one("#token", WordInput)
        entry.value = "tok"
        await pilot.press("ctrl+s")
        await wait(pilot, lambda: "asking the server" in seen(app))
        await wait(pilot, lambda: peer.asked)
        await pilot.press("x", "y")
        assert entry.value == "tokxy"
        await pilot.press("escape")
        await wait(pilot, lambda: app.screen is not form)
    waits.set()


async def test_nobody_listens_is_said_in_words(open_desk, app_of, wait, seen) -> None:
    desk = open_desk(url="http://127.0.0.1:9", token="", synced=False)
    app = app_of(desk)
    async with app.run_test(size=(80, 24)) as pilot:
        form = await opened(app, pilot, wait)
        form.query_one("#token", WordInput).value = "tok"
        await wait(pilot, lambda: form.query_one("#submit").ready)
        await pilot.press("ctrl+s")
        await wait(pilot, lambda: form._complaint)
        await wait(pilot, lambda: form.query_one("#submit").ready)
        assert "Traceback" not in form._complaint
        assert app.screen is form
