"""No text of data reaches a call of Textual's or Rich's that takes markup: there are literals and Content only."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# Files that draw or print with Textual or Rich.
SOURCES = sorted(
    path
    for package in ("screens", "widgets", "triage")
    for path in (ROOT / package).rglob("*.py")
    if "sandbox" not in path.parts
)
# Widgets and functions that parse markup in a str. None is used here: Painted, Block and Content take their place.
NEVER = {
    *(
        "Static",
        "Label",
        "Button",
        "OptionList",
        "Option",
        "SelectionList",
        "Selection",
        "DataTable",
        "Markdown",
        "Link",
    ),
    *("Tooltip", "Tooltips", "Toast", "Tree", "Checkbox", "RadioButton", "RadioSet", "Select", "Log"),
    *("RichLog", "Collapsible", "TabPane", "Tab", "Tabs", "TabbedContent", "Header", "Footer", "Digits", "Placeholder"),
    *("notify", "from_markup", "render_markup", "add_row", "add_rows", "add_column", "add_columns", "add_option"),
    *("add_options", "update_cell", "update_cell_at", "render_str", "visualize", "print", "rule", "log", "input"),
}
OURS = {"Tab", "Header"}  # our own classes of these names (view_tabs, data.ports_list); imports are checked apart
# Attributes that take markup or stand in the terminal's title: only literals and Content.
TITLES = {"border_title", "border_subtitle", "tooltip", "title", "sub_title", "TITLE", "SUB_TITLE", "placeholder"}
TITLES |= {"BORDER_TITLE", "BORDER_SUBTITLE", "terminal_title"}
WORDS = {"placeholder", "tooltip", "border_title", "border_subtitle"}  # arguments by keyword
BARE = {"triage/cli.py", "triage/__main__.py", "triage/commands/context.py", "triage/commands/parser.py"}
BARE |= {"triage/commands/terminal.py", "triage/private.py"}
TEXTUAL = ("textual", "rich")


def offences(source: str, name: str) -> list[str]:
    """Return the calls and assignments in `source` that could parse data as markup, as `line: what`."""
    tree = ast.parse(source)
    drawing = any(_module(node).startswith(TEXTUAL) for node in ast.walk(tree) if isinstance(node, _IMPORTS))
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and _module(node).startswith("textual.widgets"):
            found += [f"{node.lineno}: {one.name}" for one in node.names if one.name not in ("Input", "TextArea")]
        if isinstance(node, ast.Call):
            found += [f"{node.lineno}: {what}" for what in _of_call(node, name, drawing)]
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            for target in targets:
                called = getattr(target, "attr", "") or (getattr(target, "id", "") if _is_constant(target) else "")
                if called in TITLES and drawing and not _harmless(node.value):
                    found.append(f"{node.lineno}: {called}")
    return found


_IMPORTS = (ast.Import, ast.ImportFrom)


def _module(node: ast.AST) -> str:
    if isinstance(node, ast.ImportFrom):
        return node.module or ""
    return node.names[0].name if isinstance(node, ast.Import) else ""


def _of_call(node: ast.Call, name: str, drawing: bool) -> list[str]:
    called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    found = []
    if called == "print" and isinstance(node.func, ast.Name):
        found += [] if name in BARE or not drawing else ["print"]
        found += [] if name in BARE else ["print outside of the streams' own module"]
    elif called in NEVER and called not in OURS and (drawing or called not in ("log", "input", "Log")):
        found.append(called)
    if called == "set_title" or (called == "setattr" and len(node.args) > 1 and _named(node.args[1]) in TITLES):
        found.append(called)
    drawn = {word.arg: word.value for word in node.keywords if word.arg in WORDS}
    found += [f"{word}=" for word, value in drawn.items() if drawing and called != "Binding" and not _harmless(value)]
    if any(word.arg == "markup" and getattr(word.value, "value", True) for word in node.keywords):
        found.append("markup=True")
    return found


def _named(node: ast.AST) -> object:
    return getattr(node, "value", None)


def _is_constant(target: ast.AST) -> bool:
    return isinstance(target, ast.Name) and target.id.isupper()


def _harmless(value: ast.AST) -> bool:
    """A literal without brackets, nothing, or Content made from text as it stands."""
    if isinstance(value, ast.Constant):
        return not isinstance(value.value, str) or "[" not in value.value
    return isinstance(value, ast.Call) and getattr(value.func, "id", "") == "Content"


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_call_takes_data_as_markup(path: Path) -> None:
    name = str(path.relative_to(ROOT))
    assert offences(path.read_text(encoding="utf-8"), name) == [], name


def test_segments_are_made_in_three_places_only() -> None:
    """Where a Segment or a Rich text is made, `show` or `drawable` makes its text; nowhere else is one made."""
    makers = {"widgets/line.py", "widgets/field_strip.py", "widgets/filter_line.py", "widgets/colourless.py"}
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            called = getattr(getattr(node, "func", None), "id", "")
            if isinstance(node, ast.Call) and called in ("Segment", "Text"):
                name = str(path.relative_to(ROOT))
                assert name in makers or (name, called) == ("triage/app_look.py", "Text"), f"{name}:{node.lineno}"


PLANTED = [
    "Static(name)",
    "Static(f'{name}')",
    "Label(row.name)",
    "Button(name)",
    "OptionList(*names)",
    "Option(name)",
    "self.notify(name)",
    "self.app.notify(str(error))",
    "table = DataTable()",
    "table.add_row(name, org)",
    "table.add_column(name)",
    "table.update_cell(1, 2, name)",
    "self.border_title = name",
    "self.border_title = f'Of {name}'",
    "self.border_title = glyphs.show(name)",
    "self.border_subtitle = row.name",
    "self.border_title = '[b]Literal[/b]'",
    "self.title = name",
    "self.app.sub_title = name",
    "class A(App):\n    TITLE = NAME",
    "self.tooltip = name",
    "setattr(self, 'tooltip', name)",
    "widget(tooltip=name)",
    "FilterInput(placeholder=name)",
    "Content.from_markup(name)",
    "Text.from_markup(name)",
    "self.render_str(name)",
    "console.print(name)",
    "Console(stderr=True).print(name)",
    "print(name)",
    "Widget(markup=True)",
    "Toast(name)",
    "Markdown(name)",
    "self.driver.set_title(name)",
    "from textual.widgets import Static",
]


@pytest.mark.parametrize("planted", PLANTED)
def test_the_lint_catches(planted: str) -> None:
    assert offences(f"from textual.app import App\n{planted}\n", "screens/planted.py"), planted


def test_the_lint_lets_content_through() -> None:
    fine = "self.border_title = Content(name)\nself.tooltip = None\nself.border_title = 'Keys'\nfoo(title=name)"
    assert offences(f"from textual.content import Content\n{fine}\n", "screens/fine.py") == []
