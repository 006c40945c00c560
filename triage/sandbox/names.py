"""Made-up names of the seeded book: organisations and people of a dozen languages, unique over a large book."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

# A name is written "shown:plain" where its plain form cannot be folded from the shown one.
_FOLD = str.maketrans({"ø": "o", "Ø": "O", "ł": "l", "Ł": "L", "ß": "ss", "æ": "ae", "Æ": "AE", "å": "aa", "&": "and"})


@dataclass(frozen=True, slots=True)
class Organisation:
    """An organisation: its name, industry, e-mail domain and the language its people's names come from."""

    name: str
    industry: str
    domain: str
    language: str


@dataclass(frozen=True, slots=True)
class _Language:
    stems: list[tuple[str, str]]
    kinds: list[tuple[str, str, str]]  # shown, plain, industry
    places: list[str]
    given: list[tuple[str, str]]
    family: list[tuple[str, str]]
    shape: str  # how stem {s} and kind {k} make a name
    person: str  # how given {g} and family {f} name make a person's


def _pairs(words: str) -> list[tuple[str, str]]:
    """`a b:plain` → [(a, plain of a), (b, plain)]; an underscore stands for a space."""
    pairs = []
    for word in words.split():
        shown, _, plain = word.replace("_", " ").partition(":")
        pairs.append((shown, plain or _plain(shown)))
    return pairs


def _plain(text: str) -> str:
    folded = unicodedata.normalize("NFKD", text.translate(_FOLD)).encode("ascii", "ignore").decode()
    return "".join(c if c.isalnum() else "-" for c in folded.lower()).strip("-").replace("--", "-")


_PLACES = (
    "North South Rotterdam Leeds Utrecht Bristol Lyon Bremen Aarhus Gent Cork Malmö Porto Kraków Graz Turin Leuven "
    "Tallinn Riga Bergen Basel Nantes Delft Zwolle Kiel Brno Lisboa Sevilla Tampere Dundee Antwerpen Mainz Arnhem"
)

_TABLE = {
    "en": (
        "Northwind Kestrel Aldgate Orchid Tidewater Harbourline Bramble Copperfield Larkspur Stonebridge Wexford Alder "
        "Foxglove Merriweather Highmoor Juniper Lantern Silverbirch Ashgrove Beacon Thornbury Quayside Redfern "
        "Windermere Heathrow_Lane Calder Inkwell Marlowe Penrose Rowan Sandpiper Tern Umber Verity Wren Yarrow Zephyr "
        "Blackwater Cinder Driftwood Elmstead Fairlead Greystone Hollis Ironbark Jasper Keystone Lowland Millrace "
        "Nightingale Oakhurst Pemberton Quill Ravenscourt Starling Tamarind Upland Vantage Whitcombe Anchor Bluebell "
        "Camber Dovetail Evergreen Fernhill Goldcrest Hartwell Isling Kingfisher Linden Meridian Nettle Osprey "
        "Radley Severn Tallow Underwood Vesper Willowmere Amberley Brightwater Clearwell Dunmore Eastgate Fulmar "
        "Gannet Hawthorn Inverley Kelso Lowther Moorgate Newbold Oxbow Plover Rushmere Skylark Teasel Wayland Yewtree",
        "Rail=Transport Legal=Legal_services Health_Group=Healthcare NGO=Non-profit Council=Public_sector =Technology "
        "Research=Research University=Education Housing=Housing Media=Media Foods=Retail Energy=Energy "
        "Consulting=Consulting Insurance=Finance Trust=Non-profit Labs=Technology Logistics=Transport "
        "Museum=Culture College=Education Water=Utilities Bank=Finance Studios=Media Partners=Consulting "
        "Hospital=Healthcare Borough=Public_sector Institute=Research Theatre=Culture Software=Technology "
        "Architects=Construction Foundation=Non-profit & Sons=Retail Analytics=Technology Care=Healthcare",
        "Iris Amara Ben Chloe Daniel Esther Farah George Hannah Imran Julia Kofi Laura Marcus Nadia Oliver Priya "
        "Rosa Samuel Tessa Uma Victor Wendy Yusuf Zara Alice Bryn Caitlin Dev Eleanor Finn Grace Hugo Isla Jonah",
        "Ashworth Bailey Carter Desai Evans Fletcher Grant Hughes Ibrahim Jenkins Kaur Lewis Mbeki Novak O'Brien Patel "
        "Quinn Reid Shaw Turner Usman Vaughan Whitfield Young Abara Barlow Chen Doyle Ellis Forde Gallagher Hale",
        "{s} {k}", "{g} {f}",
    ),
    "nl": (
        "Waterland Zonneveld Noordkade Wilgenhof Lindenburg Meerzicht Duinrand Veldhoven Oosterpoort Rijnstroom "
        "Polderlicht Molenaar Zeewind Brugzicht Heideveld IJsselkant Amstelhof Grachten Maasdijk Tulpenburg Het_Anker",
        "Gemeente=Public_sector Zorggroep=Healthcare Woningen=Housing Advies=Consulting Onderwijs=Education "
        "Energie=Energy Stichting=Non-profit Vervoer=Transport Media=Media Waterschap=Utilities",
        "Iris Sanne Daan Femke Bram Lotte Jeroen Anouk Thijs Marijke Sjoerd Noor Ruben Eva Pieter Zoë",
        "Blom de_Vries Jansen van_den_Berg Bakker Visser Smit Meijer de_Boer Mulder Hoekstra van_Dijk Kuipers Postma",
        "{s} {k}", "{g} {f}",
    ),
    "de": (
        "Lindenhof Schönfeld Grünwald Müllerbach Rheinufer Nordstern Königsallee Waldkirch Hofgarten Birkenau "
        "Süderelbe Bärenfels Morgentau Silberbach Falkenstein Löwenthal Isarblick Weserland Brückner Ährenfeld",
        "Stadtwerke=Utilities Klinikum=Healthcare GmbH=Technology Verlag=Media Stiftung=Non-profit Logistik=Transport "
        "Hochschule=Education Rechtsanwälte=Legal_services Versicherung=Finance Bauwerk=Construction",
        "Jürgen Anna Lukas Käthe Matthias Sofie Björn Heike Florian Ursula Günter Lena Stefan Mareike Tobias Jörg",
        "Müller Schröder Weber Köhler Fuchs Großmann Hartmann Bäcker Vogel Lehmann Krüger Seidel Böhm Winter Voß Jäger",
        "{s} {k}", "{g} {f}",
    ),
    "fr": (
        "Beauséjour Clairvaux Montrésor Hirondelle Côte_Bleue Forêt_Noire Belle_Étoile Tournesol Rivière Grand_Pré "
        "Bois-Joli Sainte-Colombe Mésange L'Écluse Lumière Val-de-Saône Pâquerette Châtaigne Océane Le_Phare",
        "Conseil=Consulting Santé=Healthcare Métropole=Public_sector Énergies=Energy Avocats=Legal_services "
        "Logement=Housing Éditions=Media Mutuelle=Finance Recherche=Research Solidarité=Non-profit",
        "Amélie Benoît Chloé Damien Élise François Gaëlle Hélène Jérôme Léa Maïwenn Noé Océane René Sébastien Zoé",
        "Lefèvre Moreau Girard Bonnet Dupré Fournier Mercier Chevalier Gauthier Perrin Béranger Roussel Lemaître Noël",
        "{s} {k}", "{g} {f}",
    ),
    "da": (
        "Søndergård Nørrebæk Østerå Kærlund Højmark Blåvand Åkirke Rødkilde Skovsø Bøgelund Fjordby Hærvej Lærkedal",
        "Kommune=Public_sector Sygehus=Healthcare Boliger=Housing Energi=Energy Rådgivning=Consulting Museum=Culture "
        "Højskole=Education Fonden=Non-profit Forsikring=Finance",
        "Søren Mette Jørgen Åse Rasmus Kirsten Bjørn Freja Mikkel Pernille Øyvind Signe",
        "Sørensen Nygård Østergaard Kjær Møller Bæk Højgaard Lund Krogh Skovgård Brøgger Dahl",
        "{s} {k}", "{g} {f}",
    ),
    "sv": (
        "Björkhaga Älvsjö Österport Lövsta Norrsken Ängsholm Fågelvik Granåsen Sjöberga Tallmo Östanvind Häggvik",
        "Region=Public_sector Bostäder=Housing Vård=Healthcare Kraft=Energy Förlag=Media Juristbyrå=Legal_services "
        "Högskola=Education Åkeri=Transport Försäkring=Finance",
        "Åsa Björn Elin Göran Maja Nils Örjan Saga Håkan Linnea Gustav Märta",
        "Lindström Åkesson Bergqvist Sjöberg Öberg Nyström Hällgren Ekström Fågel Ström Wäng Norén",
        "{s} {k}", "{g} {f}",
    ),
    "es": (
        "Almendro Peñalba Montaña Río_Claro Golondrina Santa_Inés Cañaveral Olivar Marjal Ruiseñor Azahar El_Álamo",
        "Ayuntamiento=Public_sector Salud=Healthcare Abogados=Legal_services Energía=Energy Fundación=Non-profit "
        "Editorial=Media Educación=Education Consultoría=Consulting Logística=Transport",
        "Íñigo Lucía Andrés Begoña Jesús María Ángel Inés Óscar Nuria Raúl Belén",
        "Núñez Ibáñez García Muñoz Peña Álvarez Gómez Ríos Castaño Vázquez Sáez Ordóñez",
        "{s} {k}", "{g} {f}",
    ),
    "pl": (
        "Łąkowa Źródlana Świetlik Jaśmin Dąbrowa Żuraw Śnieżka Wiśniowy_Sad Różana Wrzosowa",
        "Uczelnia=Education Szpital=Healthcare Gmina=Public_sector Fundacja=Non-profit Energia=Energy "
        "Wydawnictwo=Media Kancelaria=Legal_services",
        "Łukasz Małgorzata Paweł Zofia Wojciech Agnieszka Michał Kasia Stanisław Żaneta",
        "Wójcik Kowalski Dąbrowska Zieliński Łukasik Szymańska Wiśniewski Żak Śliwa Górski",
        "{s} {k}", "{g} {f}",
    ),
    "it": (
        "Montefiore Acquaviva Girasole Belvedere San_Giosuè Torrebruna Cascina_Verde Lungarno Corallo Ponte_Vecchio",
        "Comune=Public_sector Sanità=Healthcare Energia=Energy Avvocati=Legal_services Fondazione=Non-profit "
        "Editore=Media Università=Education",
        "Niccolò Chiara Matteo Giosuè Francesca Luca Elena Noemi Davide Ilaria",
        "Rossi Bianchi D'Angelo Ferrari Colombo Esposito Moretti Forlì Gallo Rizzo",
        "{s} {k}", "{g} {f}",
    ),
    "ja": (
        "紅葉:koyo 青空:aozora 桜川:sakuragawa 東雲:shinonome 白鷺:shirasagi 若竹:wakatake 千鳥:chidori 朝日野:asahino "
        "松風:matsukaze 富士見:fujimi",
        "市役所:city=Public_sector 病院:hospital=Healthcare 大学:university=Education 研究所:institute=Research "
        "電力:power=Energy 出版:press=Media 運輸:transport=Transport",
        "陽子:yoko 健太:kenta 美咲:misaki 翔:sho 直子:naoko 大輔:daisuke さくら:sakura 悠斗:yuto",
        "佐藤:sato 鈴木:suzuki 高橋:takahashi 田中:tanaka 渡辺:watanabe 伊藤:ito 山本:yamamoto 小林:kobayashi",
        "{s}{k}", "{f} {g}",
    ),
    "zh": (
        "明月:mingyue 长江:changjiang 松涛:songtao 金桥:jinqiao 海棠:haitang 云岭:yunling 清泉:qingquan 翠湖:cuihu",
        "医院:hospital=Healthcare 大学:university=Education 研究院:academy=Research 能源:energy=Energy "
        "传媒:media=Media 基金会:foundation=Non-profit",
        "伟:wei 芳:fang 娜:na 敏:min 静:jing 磊:lei 洋:yang 艳:yan",
        "王:wang 李:li 张:zhang 刘:liu 陈:chen 杨:yang 赵:zhao 黄:huang",
        "{s}{k}", "{f}{g}",
    ),
    "he": (
        "אורן:oren ברוש:brosh כרמל:carmel גלים:galim שקד:shaked נחל:nahal ארבל:arbel תמר:tamar",
        "עיריית:city=Public_sector קבוצת:group=Consulting מכללת:college=Education קרן:fund=Non-profit "
        "בית_חולים:hospital=Healthcare",
        "נועה:noa יונתן:yonatan תמר:tamar איתן:eitan מיכל:michal דוד:david",
        "כהן:cohen לוי:levi מזרחי:mizrahi פרץ:peretz ביטון:biton פרידמן:friedman",
        "{k} {s}", "{g} {f}",
    ),
    "ar": (
        "النور:alnoor الواحة:alwaha الياسمين:yasmin الساحل:alsahel الأمل:alamal الزيتون:zaytoun النخيل:nakheel",
        "مستشفى:hospital=Healthcare جامعة:university=Education مؤسسة:foundation=Non-profit شركة:company=Technology "
        "بلدية:city=Public_sector",
        "ليلى:layla يوسف:yousef مريم:maryam خالد:khaled نور:nour عمر:omar",
        "الحسن:alhassan حداد:haddad منصور:mansour سليمان:suleiman الخطيب:alkhatib ناصر:nasser",
        "{k} {s}", "{g} {f}",
    ),
}  # fmt: skip

# Of every 50 organisations this many speak the language.
_SHARES = {"en": 24, "nl": 5, "de": 5, "fr": 4, "da": 2, "sv": 2, "es": 2, "pl": 1, "it": 1, "ja": 1, "zh": 1, "he": 1,
           "ar": 1}  # fmt: skip
_CYCLE = [language for language, n in _SHARES.items() for _ in range(n)]


@lru_cache(maxsize=32)
def _language(code: str) -> _Language:
    stems, kinds, given, family, shape, person = _TABLE[code]
    split_kinds = []
    for kind in kinds.replace("& Sons", "&_Sons").split():
        words, _, industry = kind.partition("=")
        shown, plain = _pairs(words)[0] if words else ("", "")
        split_kinds.append((shown, plain, industry.replace("_", " ")))
    return _Language(_pairs(stems), split_kinds, _PLACES.split(), _pairs(given), _pairs(family), shape, person)


def organisation(number: int, seed: int) -> Organisation:
    """The organisation of that number (0, 1, 2 …); no two numbers of one seed share a name within 500,000."""
    slot = number % 50
    code = _CYCLE[(slot * 19 + seed) % 50]
    language = _language(code)
    # The how-many-th of its language: a walk through all stem × kind pairs, then again with a place added.
    rank = sum(1 for s in range(slot) if _CYCLE[(s * 19 + seed) % 50] == code) if _SHARES[code] > 1 else 0
    nth = number // 50 * _SHARES[code] + rank
    size = len(language.stems) * len(language.kinds)
    lap, step = divmod(nth, size)
    pair = (step * _stride(size) + seed * 7919) % size
    stem, stem_plain = language.stems[pair % len(language.stems)]
    kind, kind_plain, industry = language.kinds[pair // len(language.stems)]
    name = language.shape.format(s=stem, k=kind).strip()
    domain = f"{stem_plain}-{kind_plain}".strip("-")
    if lap:
        place, branch = language.places[(lap - 1) % len(language.places)], (lap - 1) // len(language.places)
        name = f"{name} {place}" if not branch else f"{name} {place} {branch + 1}"
        domain = f"{domain}-{_plain(place)}" if not branch else f"{domain}-{_plain(place)}{branch + 1}"
    return Organisation(name, industry, f"{domain}.example", code)


@lru_cache(maxsize=64)
def _stride(size: int) -> int:
    """A step near the golden section that visits every residue of `size`."""
    step = int(size * 0.618) | 1
    while math.gcd(step, size) != 1:
        step += 2
    return step


@lru_cache(maxsize=32)
def _people(code: str) -> list[tuple[str, str]]:
    language = _language(code)
    return [
        (language.person.format(g=g, f=f), f"{g_plain}.{f_plain}".replace("-", ""))
        for g, g_plain in language.given
        for f, f_plain in language.family
    ]


def person(language: str, rand: Callable[[], float]) -> tuple[str, str]:
    """A person's name and the part of the e-mail address before the @."""
    people = _people(language)
    return people[int(rand() * len(people))]
