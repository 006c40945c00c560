"""Texts that try something, by kind, and texts that only look as if they did: what a server, a file or a rival sends."""

# ruff: noqa: E501

import unicodedata
from collections.abc import Iterator
from typing import NamedTuple

from wcwidth import wcwidth

NASTY = 31337  # stands in no sequence of ours
EVIL = "EVIL"


class Text(NamedTuple):
    """One text; `suspicious` when something in it must be replaced, `seen` what must stay readable, if anything."""

    kind: str
    text: str
    suspicious: bool
    seen: str = ""

    @property
    def lone(self) -> bool:
        """True with a lone surrogate, which travels as an escape of JSON only."""
        return any("\ud800" <= char <= "\udfff" for char in self.text)


def _csi() -> Iterator[str]:
    for final in "ABCDEFGHIJKLMPSTXZ`abdefgnr":
        yield f"csi {final} \x1b[{NASTY}{final}on"
    yield from (f"csi m \x1b[{NASTY};31mred", f"csi mode \x1b[?{NASTY}hon", f"csi reset \x1b[!p{EVIL}")
    yield from (f"csi move \x1b[6;{NASTY}Hthere", f"csi tail\x1b[{NASTY}", "csi wipe \x1b[2J\x1b[3J", "csi open \x1b[")
    yield from ("csi answer \x1b[6n", "csi answer \x1b[c", f"csi title \x1b[21t{EVIL}", "csi paste end \x1b[201~ls")
    yield from ("csi paste \x1b[200~rm\x1b[201~", "mouse \x1b[<0;1;1M", "mouse \x1b[M !!", "keys \x1b[27;5;99~")
    yield from ("kitty keys \x1b[>31u", "focus \x1b[I\x1b[O", "alt screen \x1b[?1049l", "cursor off \x1b[?25l")


def _esc() -> Iterator[str]:
    for final in "c78=>DMEHNOZno|}~":
        yield f"esc {final} \x1b{final}{EVIL}"
    yield from (
        "esc fill \x1b#8",
        "esc line drawing \x1b(0lqqk",
        "esc latin \x1b%@",
        "esc alone \x1b",
        "esc esc \x1b\x1b[A",
    )


def _osc() -> Iterator[str]:
    for code in ("0", "1", "2", "4;1", "7", "9", "10", "11", "12", "22", "50", "104", "133", "633", "777", "9;4", "99"):
        yield f"osc {code} \x1b]{code};{EVIL}\x07"
    yield from (f"title \x1b]0;{EVIL}\x1b\\", f"title \x1b]2;{EVIL}\x9c", f"open \x1b]0;{EVIL}", "ask \x1b]21\x07")
    yield from ("clip \x1b]52;c;RVZJTA==\x07", "clip \x1b]52;c;RVZJTA==\x1b\\", "clip read \x1b]52;c;?\x07")
    yield from (
        "link \x1b]8;;https://evil.example\x07on\x1b]8;;\x07",
        "link \x1b]8;id=1;file:///e\x1b\\on\x1b]8;;\x1b\\",
    )
    yield from ("image \x1b]1337;File=inline=1:RVZJTA==\x07", f"screen title \x1bk{EVIL}\x1b\\")


def _strings() -> Iterator[str]:
    yield from (f"sixel \x1bPq#0;2;0;0;0#0~~{EVIL}\x1b\\", "decrqss \x1bP$qm\x1b\\", "termcap \x1bP+q544e\x1b\\")
    yield from (f"tmux \x1bPtmux;\x1b\x1b]0;{EVIL}\x07\x1b\\", f"keys \x1bP0;1|17/{EVIL}\x1b\\", "dcs open \x1bPq")
    yield from (f"kitty image \x1b_Ga=T;{EVIL}\x1b\\", f"pm \x1b^{EVIL}\x1b\\", f"sos \x1bX{EVIL}\x1b\\")


def _c1() -> Iterator[str]:
    for code in range(0x80, 0xA0):
        if code != 0x85:  # a line break
            yield f"c1 {code:x} {chr(code)}{NASTY}m{EVIL}"
    yield from (
        f"c1 osc \x9d0;{EVIL}\x9c",
        f"c1 dcs \x90q{EVIL}\x9c",
        "c1 csi \x9b2J\x9b6n",
        f"c1 link \x9d8;;{EVIL}\x9c",
    )


def _c0() -> Iterator[str]:
    for code in (*range(0x00, 0x09), *range(0x0E, 0x20), 0x7F):
        yield f"c0 {code:02x} {chr(code)}on"
    yield from ("over\x08\x08\x08\x08\x08write", "bells \x07\x07\x07", "nul\x00in\x00side")


_BIDI = "\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
_UNSEEN = "\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180e\u200b\u2060\u2061\u2062\u2063\u2064\u2065\u206a"
_UNSEEN += (
    "\u206b\u206c\u206d\u206e\u206f\u3164\ufeff\uffa0\ufff0\ufff9\ufffa\ufffb\U0001bca0\U0001d159\U0001d173\U00013430"
)


def _invisible() -> Iterator[str]:
    for char in _BIDI:
        yield f"bidi {ord(char):x} pay{char}gnp.exe"
    yield from ("bidi pair \u202egpj.exe\u202c on", "bidi deep " + "\u202b\u2067" * 70 + "deep")
    for char in _UNSEEN:
        yield f"unseen {ord(char):x} pay{char}pal"
    yield from (
        "joiner between pay\u200dpal",
        "non-joiner between pay\u200cpal",
        "joiner\u200d alone",
        "joiners a\u200d\u200da",
    )
    yield from ("non-joiner end\u200c", "tags x\U000e0041\U000e0042\U000e007f", "tag alone \U000e0001on")
    yield from ("hidden words " + "".join(chr(0xE0000 + ord(char)) for char in "ignore all") + "on",)
    yield from ("hidden bytes x" + "".join(chr(0xE0100 + byte) for byte in b"hidden"), "vs17 alone a\U000e0100b")
    yield from (
        f"zero {chr(0x200B) * 300}width",
        "\ufeffbom first",
        "Scotland \U0001f3f4\U000e0067\U000e0062\U000e007f",
    )


def _broken() -> Iterator[str]:
    for code in (0xD800, 0xDBFF, 0xDC00, 0xDFFF):
        yield f"lone {code:x} {chr(code)}on"
    yield from ("lone pair apart \ud83d \ude00", "lone turned \ude00\ud83d", "lones " + "\ud800" * 50)
    for code in (0xFFFE, 0xFFFF, 0xFDD0, 0xFDEF, 0x1FFFE, 0xAFFFF, 0x10FFFF):
        yield f"non {code:x} {chr(code)}on"
    yield from ("picture \U0010eeee\u0305\u0305", "plane 15 \U000f0000on", "plane 16 \U00100000on")


def _floods() -> Iterator[str]:
    yield from (
        "flood Z" + "\u0301\u0335\u0336" * 200,
        "flood up e" + "\u0300" * 50,
        "box a" + "\u20dd\u20de\u20df\u20e0\u20e3",
    )
    yield from ("vowels क" + "\u093e" * 300, "jamo 가" + "\u1161" * 300, "selectors a" + "\ufe0f\ufe0e" * 90)
    yield from (
        "family " + "\U0001f469\u200d" * 200,
        "tones \U0001f469" + "\U0001f3fd" * 200,
        "\u0301\u0302\u0303no base",
    )
    yield from ("thai ก" + "\u0e49" * 100, "joined क" + "\u094d\u200d" * 100, "enclosing o" + "\u20dd" * 9)


_MARKUP = """[@click=app.quit]Quit[/] | [@click=screen.action_remedy('reset_usage')]More[/@click] | [@click='app.bell']x[/]
[link=https://evil.example]here[/link] | [bold red on white link=https://evil.example]Style | [/] | [/b] | [] | [[ | [[]] | ] | ][
[ | [b | [bold | [bold] | [/bold | \\[ | \\[bold] | \\\\[b] | [#ff0000]red[/] | [$primary]var[/] | [on $error]x | [red]a[/blue]
[not a tag] | [1/2] | [ bold ] | [@click] | [@click=] | [@mount=app.quit]x[/] | [!b]x | [blink reverse]x[/] | [bold][/bold][/bold]
:warning: :skull: | &lt;b&gt; <b>bold</b> <script>x</script> | AccountList { display: none; } | %s %(x)s %n %d | {0} {name!r} {{
${HOME} `id` $(id) | '; DROP TABLE account; -- | ../../../../etc/passwd | C:\\nul\\x1b[31m | \\u001b[2J \\033[2J ^[[2J | --help | -rf
\\x9b31m | %1b%5b2J | https://evil.example | file:///etc/passwd | mailto:a@b.example | javascript:alert(1) | ■ Blocked ! | ⇡ 3 held"""
_FORMULAS = ("=HYPERLINK(A1)", "+1+1", "-2+3", "@SUM(A1)", "=cmd|' /C calc'!A0", "＝1+1", "＋1", "－1", "＠x", " =1+1")
_SPACED = (
    *("   ", "\u00a0\u00a0", "\u3000\u3000", "\u2800\u2800", "\u2003\u2003"),
    *("tab\tin", "line\nover", "carriage\rback", "both\r\nover", "vt\vover", "ff\fover", "nel\x85over", "ls\u2028over"),
    *(
        "ps\u2029over",
        "em\u2003space",
        "thin\u2009space",
        "ogham\u1680space",
        "wide\u3000space",
        "nb\u00a0space",
        "no\u202fspace",
    ),
    *("  leading", "trailing  ", "many            blanks", "\t=1+1", "\r\n+1"),
)
_ALIKE = (
    *("Аcme in Cyrillic", "ΑCME in Greek", "Acmе Ltd", "paypaI", "rnicrosoft", "Ａｃｍｅ", "𝐀𝐜𝐦𝐞", "ⓐⓒⓜⓔ", "ᴀᴄᴍᴇ"),
    *(
        "\ue000\uf8ff private",
        "\ufffc object",
        "\ufffd replaced",
        "ﷺ ﷽",
        "𒐫𒈙 wide",
        "‱",
        "┃━┏┓ ▌■▲",
    ),
)
_LONG = (
    *("Long " + "x" * 10_000, "Wide " + "研" * 5_000, "Long marks " + "e\u0301" * 5_000, "Long joined " + "क्‍ष" * 2_500),
    *(
        "Words " + "word " * 2_000,
        "Long right " + "שלום " * 2_000,
        "Brackets " + "[" * 10_000,
        "Pictures " + "👩‍👧" * 3_000,
    ),
)
_HONEST = """شركة الشمال للاستشارات | مؤسسة النور للتجارة | חֲבֵרָה בְּעֵרָבוֹן | שלום בע״מ | کتاب‌خانه‌ی ملی | می‌خواهم | PDF‌ها | اردو بازار
क्षेत्रीय कार्यालय | क्‍ष | ශ්‍රී ලංකා | র‍্যাব | தமிழ்நாடு | ನಮ್ಮ ಬೆಂಗಳೂರು | മലയാളം | ગુજરાતી | ਪੰਜਾਬੀ | తెలుగు | བོད་ཡིག | ქართული | Հայաստան
บริษัท น้ำผึ้ง | ភាសាខ្មែរ | ພາສາລາວ | လျှို့ဝှက် | Tiếng Việt Nguyễn | ትግርኛ | ᐃᓄᒃᑎᑐᑦ | 株式会社千鳥研究所 | 葛󠄀飾区 | 한국전력공사 | 深圳市 (集团) | ひらがな カタカナ | ｶﾀｶﾅ
👩‍👩‍👧‍👦 Family | 🏳️‍🌈 Pride | 👩🏽‍❤️‍💋‍👨🏿 | 👁️‍🗨️ | 1️⃣ #️⃣ | 🙂‍↔️ | 🇳🇱 🇯🇵 Flags | 👍🏿 Tone | ❤️ ☎︎ | ☃ ✓ ★ | ﬁnance ﬂow ŒUVRE | straße ẞ | Łódź Ørsted
Zoë Müller & Søn [GmbH] (100 %) | [EU] Acme | Acme [old] | O’Neill & Sons | d'Arc | José "Pepe" | 3 < 5 > 2 | A/B | 50 % | №5 | AC/DC | C++ | a_b*c | ПАО Сбербанк | Ελληνικά
Crème brûlée | ÅNGSTRÖM | ə ɪ ʊ | x² + y³ | ½ | µm | ŀl·lengua | Türkiye İstanbul ısı | Ⅷ | √2 ≈ 1.41 | → | ∞ | ♥ | € 5 | ⠃⠗⠇ | ㈱ | ﷼"""


def _split(block: str) -> tuple[str, ...]:
    return tuple(one.strip() for line in block.splitlines() for one in line.split(" | ") if one.strip())


def _decomposed() -> Iterator[str]:
    yield from (
        "Tie\u0302\u0301ng Vie\u0323\u0302t",
        "Cafe\u0301",
        "Caf\u00e9",
        "A\u030angstro\u0308m",
        "이름",
        "ガクシャ",
    )


def _all() -> Iterator[Text]:
    for kind, texts in (
        ("CSI", _csi()),
        ("ESC", _esc()),
        ("OSC", _osc()),
        ("DCS, APC, PM, SOS", _strings()),
        ("C1", _c1()),
        ("C0", _c0()),
        ("invisible", _invisible()),
        ("broken", _broken()),
        ("floods", _floods()),
    ):
        yield from (Text(kind, text, True) for text in texts)
    for kind, plain in (("markup", _split(_MARKUP)), ("formula", _FORMULAS), ("look-alike", _ALIKE)):
        yield from (Text(kind, text, False, text) for text in plain)
    yield from (Text("spaces", text, False) for text in _SPACED)
    yield from (Text("long", text, False) for text in _LONG)
    yield from (Text("honest", text, False, text) for text in (*_split(_HONEST), *_decomposed()))


TEXTS = tuple(dict.fromkeys(_all()))
# Short and of every kind: for the places that show one text at a time through a real terminal.
NASTIEST = tuple(
    (
        f"\x1b[{NASTY}m \x1b]0;{EVIL}\x07 \x9b{NASTY}m \x07\x08\x7f \u202e \u200b \U000e0041 \U0010eeee [@click=app.quit]Q[/] [/] "
        f"\x1b]52;c;RVZJTA==\x07 \x1b]8;;{EVIL}\x07 \x1bP+q\x1b\\ \x1b_G\x1b\\ \x1bc \x1b#8 \x1b(0 \x9d0;{EVIL}\x9c \x90q\x9c \x84 \u2066 "
        f"\ufeff \u2060 \u00ad \ufffe \U000f0000 \u3164 \x00 \x0e \x1b[201~ \x1b[?1049l \x1b[2J \x1b[6n \x1b[21t \x1b7 \x1b=1 \x1b^p\x1b\\ "
        f"\x1bXs\x1b\\ \x1bkt\x1b\\ \u061c \u200d \ufff9 e{chr(0x301) * 9} [$b [link=x]"
    ).split(" ")
)
_BIDI_CLASSES = ("LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI")
_BLANKS = "\u115f\u1160\u17b4\u17b5\u3164\uffa0\u034f\U0001d159"  # letters and marks that show nothing


def acts(text: str) -> list[str]:
    """Return the characters of `text` that no text of ours may hold, told by Unicode's own tables."""
    return [ascii(char) for char in set(text) if not char.isascii() or not char.isprintable() if _acts(char)]


def _acts(char: str) -> bool:
    code, kind = ord(char), unicodedata.category(char)
    if char in "\u200c\u200d" or 0xE0100 <= code <= 0xE01EF:
        return False  # a joiner; the form of an ideograph
    unseen = kind == "Cf" and wcwidth(char) == 0
    away = code >= 0xE0000 or code & 0xFFFE == 0xFFFE or 0xFDD0 <= code <= 0xFDEF or 0xFFF0 <= code <= 0xFFF8
    bidi = unicodedata.bidirectional(char) in _BIDI_CLASSES or char in "\u200e\u200f\u061c"
    return kind in ("Cc", "Cs", "Zl", "Zp") or unseen or away or bidi or char in _BLANKS
