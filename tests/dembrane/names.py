"""Names: ordinary ones to build a book with, and those that a terminal must never believe."""

ORGS = (
    "Harbor Transit", "Cirrus Health", "Aldermoor Council", "Brightwater Schools", "Delta Foods", "Elm Street Press",
    "Fjord Energy", "Granite Bank", "Hilltop Museum", "Ivory Logistics", "Juniper Care", "Kestrel Air",
    "Lakeside Housing", "Meridian Labs", "Northgate Police", "Orchard Union", "Pinewood Hotels", "Quarry Works",
)  # fmt: skip
TEAMS = ("Listening", "Research", "Residents", "Field notes", "Workshops", "Strategy", "Feedback", "Interviews")
FIRST = (
    "Ada",
    "Bo",
    "Chidi",
    "Dunja",
    "Eun-ji",
    "Farid",
    "Greta",
    "Hugo",
    "Inés",
    "Jun",
    "Kaya",
    "Liv",
    "Mina",
    "Noor",
)
LAST = ("Aalto", "Bianchi", "Costa", "Dahl", "Eriksen", "Fofana", "García", "Hoang", "Ito", "Jansen", "Kaya", "Lund")

HOSTILE = {
    "escape": "Red \x1b[31malert\x1b[0m \x1b]0;owned\x07",
    "newlines": "First line\r\nSecond line\nThird",
    "bidi": "Total \u202e001 EUR\u202c paid \u2066x\u2069",
    "zero_width": "Zero\u200bwidth\u200djoined\ufeff",
    "long": "L" * 250,
    "formula": '=HYPERLINK("https://evil.example","Click me")',
    "markup": "[bold]loud[/bold] [@click=app.quit]go[/]",
    "tab_and_nul": "Tab\tand\x00nul\x7fand\x9bcsi",
}
