"""triage/keys.txt says what the screens' own bindings say, and every action of a screen can be given another key."""

from collections import defaultdict

from kit.key_book import FILE, all_screens, book, name_of

from screens.base import TriageScreen
from screens.keymap import GROUPS
from triage.config_keys import book as read_book
from triage.config_keys import clash

# What people never need another key for: Textual's own of fields, and keys that are no actions of ours.
FREE = {"enter", "space", "up", "down", "left", "right", "home", "end"}


def test_the_file_of_keys_is_fresh() -> None:
    assert FILE.read_text(encoding="utf-8") == book(), "`make keys` (PYTHONPATH=tests python -m kit.key_book) renews it"


def test_every_binding_of_a_screen_has_an_id() -> None:
    for screen in all_screens():
        for key, bindings in screen._merge_bindings().key_to_bindings.items():
            mine = [one for one in bindings if not one.system and not one.action.startswith(("app.", "screen."))]
            assert all(one.id or key in FREE for one in mine), (name_of(screen), key)


def test_no_two_actions_of_a_screen_have_one_key_unless_remapped() -> None:
    assert clash({}) is None
    taken = defaultdict(set)
    for entry in read_book():
        for screen in entry.screens:
            for key in entry.keys:
                taken[screen, key].add(entry.id)
    two = {place: ids for place, ids in taken.items() if len(ids) > 1}
    typed = ("filter.", "form.")  # while a text is typed its keys win
    assert all(any(one.startswith(typed) for one in ids) for ids in two.values()), two


def test_every_action_stands_in_a_group_of_the_help_or_in_a_place_that_shows_its_own() -> None:
    groups = {name for name, _ in GROUPS}
    full = {name_of(screen) for screen in all_screens() if issubclass(screen, TriageScreen)}
    for entry in read_book():
        assert entry.words, entry.id
        if full & set(entry.screens):
            assert entry.id.partition(".")[0] in groups | {"form", "filter", "find"}, entry.id
