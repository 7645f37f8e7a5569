"""Invented sentences about a war, in six scripts.

Words are distributed as in real text: a few occur in a third of all claims, some hundreds in one of a thousand, and a
long tail of names of villages and people in hardly any.
"""

from bisect import bisect_left
from collections.abc import Sequence
from itertools import accumulate
from random import Random
from typing import Generic, NamedTuple, TypeVar

Item = TypeVar("Item")


class Zipf(Generic[Item]):
    """Items with a Zipf distribution: the item at rank r has the weight 1 / (r + flatness)."""

    def __init__(self, items: Sequence[Item], flatness: float = 1.0) -> None:
        self.items = items
        self._sums = list(accumulate(1 / (rank + flatness) for rank in range(1, len(items) + 1)))

    def draw(self, rng: Random) -> Item:
        """Draw an item."""
        return self.items[bisect_left(self._sums, rng.random() * self._sums[-1])]


class Place(NamedTuple):
    """A region by its name in each script."""

    latin: str
    cyrillic: str
    hangul: str
    arabic: str
    han: str
    greek: str


REGIONS = Zipf(
    (
        Place("Kursk", "Курськ", "쿠르스크", "كورسك", "库尔斯克", "Κουρσκ"),
        Place("Donetsk", "Донецьк", "도네츠크", "دونيتسك", "顿涅茨克", "Ντονέτσκ"),
        Place("Kharkiv", "Харків", "하르키우", "خاركيف", "哈尔科夫", "Χάρκοβο"),
        Place("Luhansk", "Луганськ", "루한스크", "لوغانسك", "卢甘斯克", "Λουχάνσκ"),
        Place("Zaporizhzhia", "Запоріжжя", "자포리자", "زابوريجيا", "扎波罗热", "Ζαπορίζια"),
        Place("Kherson", "Херсон", "헤르손", "خيرسون", "赫尔松", "Χερσώνα"),
        Place("Belgorod", "Бєлгород", "벨고로드", "بيلغورود", "别尔哥罗德", "Μπέλγκοροντ"),
        Place("Sumy", "Суми", "수미", "سومي", "苏梅", "Σούμι"),
        Place("Mykolaiv", "Миколаїв", "미콜라이우", "ميكولايف", "尼古拉耶夫", "Μικολάιβ"),
        Place("Dnipro", "Дніпро", "드니프로", "دنيبرو", "第聂伯罗", "Ντνίπρο"),
        Place("Chernihiv", "Чернігів", "체르니히우", "تشيرنيهيف", "切尔尼戈夫", "Τσερνίχιβ"),
        Place("Odesa", "Одеса", "오데사", "أوديسا", "敖德萨", "Οδησσός"),
        Place("Bryansk", "Брянськ", "브랸스크", "بريانسك", "布良斯克", "Μπριάνσκ"),
        Place("Crimea", "Крим", "크림반도", "القرم", "克里米亚", "Κριμαία"),
        Place("Voronezh", "Воронеж", "보로네시", "فورونيج", "沃罗涅日", "Βορόνεζ"),
        Place("Rostov", "Ростов", "로스토프", "روستوف", "罗斯托夫", "Ροστόφ"),
    ),
    flatness=1.5,
)

_STEMS = (
    "Ivan Petro Mykol Oleks Stepan Pavl Bohdan Andri Vasyl Hryhor Danyl Mar Olen Kater Sofi Bere Dub Lyp Sosn Vyshn "
    "Kalyn Topol Yasen Kamian Pisch Hlyn Vod Krynych Ozer Luh Stepn Horod Mlyn Koval Honchar Shevch Kozak Sich Sokol "
    "Orl Zhurav Lebed Vovk Medved Lys Zai Bobr Rak Karp Shchuk Zolot Sribn Midn Zaliz Chervon Bil Chorn Zelen Syn Zhovt"
).split()
_VILLAGE_ENDS = "ivka ivske ove yne anka ychi ets hirsk pil yanivka ovyi enkove".split()
_VILLAGE_STARTS = ("", "", "", "Nova ", "Stara ", "Velyka ", "Mala ", "Verkhnia ")
_SURNAME_ENDS = "enko chuk skyi ov yn iak aiev ets".split()
_FIRST_NAMES = (
    "Oleksandr Serhii Andrii Volodymyr Mykola Ivan Viktor Yurii Dmytro Maksym Olena Iryna Natalia Tetiana Svitlana "
    "Anna Maria Sergei Dmitry Alexei Mikhail Pavel James Robert Sarah Emma Ji-hoon Min-ji Wei Ahmed Yiorgos Eleni"
).split()

VILLAGES = Zipf(
    tuple(f"{start}{stem}{end}" for start in _VILLAGE_STARTS for end in _VILLAGE_ENDS for stem in _STEMS), flatness=20
)
SURNAMES = Zipf(tuple(f"{stem}{end}" for end in _SURNAME_ENDS for stem in _STEMS), flatness=30)
FIRST_NAMES = Zipf(tuple(_FIRST_NAMES), flatness=8)

_TO_CYRILLIC = str.maketrans("abvhgdezyiklmnoprstufcjxqw", "абвгґдезиіклмнопрстуфцйхкв")
_DIGRAPHS = {
    "shch": "щ", "zh": "ж", "kh": "х", "ts": "ц", "ch": "ч", "sh": "ш", "iu": "ю", "ia": "я", "ie": "є", "yi": "ий",
    "ya": "я",
}  # fmt: skip


def cyrillic(name: str) -> str:
    """A village or surname in Ukrainian letters."""
    text = name.lower()
    for latin, letter in _DIGRAPHS.items():
        text = text.replace(latin, letter)
    return text.translate(_TO_CYRILLIC).title()


SIDES = Zipf(("Russian", "Ukrainian", "North Korean", "Wagner", "Belarusian"), flatness=0.6)

# The words of typical searches: each occurs in some hundredths of all claims, and pairs of them in few.
_NOUNS = Zipf(
    (
        "artillery missile drone infantry armour ammunition convoy bridge depot airfield railway hospital school power "
        "substation dam refinery warehouse headquarters trench minefield bunker checkpoint crossing village town "
        "district "
        "border river forest hill road highway harbour ship submarine helicopter aircraft radar launcher howitzer "
        "mortar tank truck ambulance tractor generator pipeline cable antenna satellite photograph video recording "
        "document order contract payment passport uniform insignia grave cemetery funeral prisoner exchange camp "
        "barracks training exercise rotation reserve mobilisation conscript volunteer mercenary contractor engineer "
        "medic sniper scout sapper pilot crew captain colonel general deputy minister governor mayor spokesman "
        "correspondent analyst witness resident refugee family child teacher farmer nurse driver priest ceasefire "
        "negotiation sanction embargo grain corridor shelter evacuation curfew blackout siren explosion crater "
        "shrapnel fire smoke debris wreckage footage geolocation intercept cipher frequency jamming balloon parachute "
        "ferry "
        "pontoon barge tunnel quarry mine factory foundry workshop laboratory archive registry court tribunal "
        "commission inquiry testimony autopsy identification estimate casualty ledger manifest invoice receipt"
    ).split(),
    flatness=25,
)
_ADJECTIVES = Zipf(
    (
        "heavy light northern southern eastern western central local regional mobile mechanised airborne naval elite "
        "regular irregular foreign captured damaged destroyed abandoned repaired hidden fortified flooded mined burnt "
        "occupied liberated contested disputed unverified confirmed alleged secret official partial complete sudden "
        "prolonged nightly daily weekly massive limited precise blind improvised thermobaric incendiary ballistic "
        "supersonic winged tracked wheeled armoured unmanned underground coastal urban rural wooded frozen muddy snowy"
    ).split(),
    flatness=20,
)
_VERBS = Zipf(
    (
        "shelled struck hit attacked stormed seized entered left crossed reached held lost abandoned reinforced "
        "surrounded evacuated shelled bombed mined cleared repaired inspected visited filmed photographed counted "
        "buried exchanged questioned released detained recruited trained transferred redeployed withdrew retreated "
        "advanced regrouped resupplied intercepted jammed downed sank torched looted requisitioned blocked reopened"
    ).split(),
    flatness=10,
)
_REPORTING = Zipf(
    (
        "according to intercepted conversations",
        "the statement said",
        "officials told reporters",
        "judging by satellite images",
        "as geolocated footage shows",
        "by its own count",
        "without giving evidence",
        "residents reported",
        "the evening summary said",
        "two people familiar with the matter said",
        "a document seen by the newspaper says",
        "relatives confirmed",
    ),
    flatness=3,
)


class Drawn(NamedTuple):
    """The values that are inserted into a sentence."""

    side: str
    figure: str
    """As an English sentence limits it: "about 11,000"."""
    number: str
    unit: str
    region: Place
    village: str


def unit_name(rng: Random) -> str:
    """A formation, such as "47th Mechanised Brigade"."""
    number = int(rng.paretovariate(0.6)) % 170 + 1
    ending = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    arm = rng.choice(("Mechanised", "Assault", "Marine", "Motor Rifle", "Airborne", "Tank", "Artillery", "Guards"))
    return f"{number}{ending} {arm} {rng.choice(('Brigade', 'Regiment', 'Battalion', 'Division'))}"


def person_name(rng: Random) -> str:
    """A first name and a surname."""
    return f"{FIRST_NAMES.draw(rng)} {SURNAMES.draw(rng)}"


_STATEMENTS = {
    "troop_estimate": (
        "{figure} {side} {unit} are deployed in {region} region near {village}, {detail}.",
        "{side} forces keep {figure} {unit} in {region} Oblast, {detail}.",
        "{figure} {side} {unit} of the {formation} are present around {village}.",
    ),
    "casualty_figure": (
        "{figure} {side} {unit} were killed near {village} in {region} region, {detail}.",
        "{side} forces lost {figure} {unit} killed and wounded in {region} Oblast, {detail}.",
        "The {formation} lost {figure} {unit} at {village}, {detail}.",
        "{figure} civilians were killed when {side} forces {verb} {village} in {region} region.",
    ),
    "capture_report": (
        "{figure} {side} {unit} were captured near {village}, {detail}.",
        "{person} of the {formation} was taken prisoner at {village} in {region} region.",
    ),
    "deployment": (
        "The {formation} was moved to {region} region, {detail}.",
        "{side} forces {verb} {village} and brought up {adjective} {noun} from {region}.",
    ),
    "equipment_loss": (
        "{side} forces lost {figure} {unit} in {region} region, {detail}.",
        "{figure} {side} {unit} were destroyed near {village}, {detail}.",
        "One {adjective} {noun} of the {formation} was destroyed near {village}.",
    ),
    "territorial_control": (
        "{side} forces {verb} {village} in {region} region, {detail}.",
        "{village} is under {side} control, {detail}.",
        "{side} troops advanced {figure} {unit} towards {village} in {region} Oblast.",
    ),
    "responsibility": (
        "{side} forces {verb} the {noun} at {village} in {region} region, {detail}.",
        "The {side} {noun} {verb} the {adjective} {noun2} in {village}, {detail}.",
    ),
    "order_or_policy": (
        "{person} ordered the {formation} to leave {village}, {detail}.",
        "{side} command forbids {noun} in {region} region.",
    ),
    "offer_or_intention": ("{person} offers the {noun} in exchange for one {adjective} {noun2} in {region} region.",),
    "condition_or_motive": ("{side} forces left {village} for want of {noun} and {noun2}, {detail}.",),
    "other": ("The {adjective} {noun} of {village} concerns {person}, {detail}.",),
}

_FOREIGN_STATEMENTS = {
    "uk": (
        "За даними штабу, {figure} військових загинули поблизу населеного пункту {village}, {region}.",
        "Противник втратив {figure} солдатів і {noun} в районі {village}.",
        "Російські війська захопили {village}, повідомляє {noun}.",
    ),
    "ru": (
        "По данным министерства, {figure} военнослужащих уничтожены в районе {village}, {region}.",
        "Подразделения группировки взяли под контроль {village}, сообщает {noun}.",
        "Потери противника составили {figure} человек и {noun}.",
    ),
    "ko": (
        "북한군 {figure}명이 {region} 지역에 배치되었다고 국가정보원이 밝혔다. {noun} 포함.",
        "{region} 전선에서 사상자가 {figure}명 발생했다. {noun} 확인.",
        "러시아군이 {region} 인근 마을을 점령했다고 {noun}에서 전했다.",
    ),
    "ar": (
        "قالت وزارة الدفاع إن {figure} جنديا قتلوا في منطقة {region} قرب {noun}.",
        "سيطرت القوات الروسية على بلدة في {region} بحسب {noun}.",
    ),
    "zh": (
        "据国防部称，{figure}名士兵在{region}地区阵亡，{noun}被摧毁。",
        "俄军在{region}方向推进，{noun}遭到袭击，损失{figure}人。",
    ),
    "el": (
        "Σύμφωνα με το υπουργείο, {figure} στρατιώτες σκοτώθηκαν στην περιοχή {region}, μαζί με {noun}.",
        "Οι ρωσικές δυνάμεις κατέλαβαν χωριό κοντά στο {region}, αναφέρει {noun}.",
    ),
}

_FOREIGN_NOUNS = {
    "uk": Zipf(
        (
            "артилерія ракета безпілотник піхота броня міст склад аеродром залізниця лікарня школа підстанція гребля "
            "завод штаб траншея переправа річка ліс дорога гелікоптер літак міномет танк вантажівка полонений обмін "
            "навчання резерв мобілізація доброволець снайпер речник свідок мешканець евакуація вибух уламки відео"
        ).split(),
        flatness=8,
    ),
    "ru": Zipf(
        (
            "артиллерия ракета беспилотник пехота броня мост склад аэродром больница школа подстанция плотина завод "
            "штаб траншея переправа река лес дорога вертолёт самолёт миномёт танк грузовик пленный обмен учения резерв "
            "доброволец снайпер свидетель житель эвакуация взрыв обломки видео"
        ).split(),
        flatness=8,
    ),
    "ko": Zipf(
        (
            "포로 전사자 부상자 미사일 무인기 탄약 교량 비행장 병원 학교 발전소 참호 지뢰 헬기 전차 훈련 예비군 동원 "
            "저격수 대변인 목격자 주민 대피 폭발 잔해 영상 위성사진 장교 사령부 파병"
        ).split(),
        flatness=8,
    ),
    "ar": Zipf(
        (
            "المدفعية الصاروخ الطائرة المشاة الجسر المستودع المطار المستشفى المدرسة المحطة السد المصنع المقر الخندق "
            "النهر الغابة الطريق الدبابة الشاحنة الأسير التبادل التدريب القناص المتحدث الشاهد الإخلاء الانفجار الحطام"
        ).split(),
        flatness=8,
    ),
    "zh": Zipf(
        (
            "炮兵 导弹 无人机 步兵 弹药 桥梁 仓库 机场 铁路 医院 学校 变电站 水坝 炼油厂 指挥部 战壕 雷区 直升机 "
            "坦克 卡车 战俘 交换 训练 预备役 动员 志愿兵 狙击手 发言人 目击者 居民 撤离 爆炸 残骸 视频"
        ).split(),
        flatness=8,
    ),
    "el": Zipf(
        (
            "πυροβολικό πύραυλος πεζικό γέφυρα αποθήκη αεροδρόμιο νοσοκομείο σχολείο φράγμα διυλιστήριο αρχηγείο "
            "χαράκωμα ποταμός δάσος δρόμος ελικόπτερο αεροσκάφος άρμα φορτηγό αιχμάλωτος ανταλλαγή εκπαίδευση εφεδρεία "
            "εκπρόσωπος μάρτυρας κάτοικος εκκένωση έκρηξη συντρίμμια βίντεο"
        ).split(),
        flatness=8,
    ),
}

LANGUAGES = tuple(_FOREIGN_STATEMENTS)
"""Languages besides English. Together with English they use six scripts."""

SCRIPTS = {"latin": "en", "cyrillic": "uk", "hangul": "ko", "arabic": "ar", "han": "zh", "greek": "el"}
"""For each script, the language whose words are searched for."""

_REGION_IN = {"uk": "cyrillic", "ru": "cyrillic", "ko": "hangul", "ar": "arabic", "zh": "han", "el": "greek"}


def detail(rng: Random) -> str:
    """A subordinate clause of words that are neither rare nor frequent."""
    return f"{_REPORTING.draw(rng)}, after {thing(rng)}"


def thing(rng: Random) -> str:
    """An adjective and a noun, such as "a burnt bridge"."""
    return f"{_with_article(_ADJECTIVES.draw(rng))} {_NOUNS.draw(rng)}"


def statement(rng: Random, kind: str, drawn: Drawn) -> str:
    """A claim of that kind, in English."""
    text = rng.choice(_STATEMENTS[kind]).format_map(
        {
            "side": drawn.side,
            "figure": drawn.figure,
            "unit": drawn.unit,
            "region": drawn.region.latin,
            "village": drawn.village,
            "detail": detail(rng),
            "formation": unit_name(rng),
            "person": person_name(rng),
            "verb": _VERBS.draw(rng),
            "noun": _NOUNS.draw(rng),
            "noun2": _NOUNS.draw(rng),
            "adjective": _ADJECTIVES.draw(rng),
        }
    )
    return text[0].upper() + text[1:]


def _with_article(word: str) -> str:
    return f"an {word}" if word[0] in "aeiou" else f"a {word}"


def foreign(rng: Random, language: str, drawn: Drawn) -> str:
    """A sentence in another language."""
    slavic = language in ("uk", "ru")
    return rng.choice(_FOREIGN_STATEMENTS[language]).format_map(
        {
            "figure": drawn.number,
            "region": getattr(drawn.region, _REGION_IN[language]),
            "village": cyrillic(drawn.village) if slavic else drawn.village,
            "noun": _FOREIGN_NOUNS[language].draw(rng),
        }
    )


def quote(rng: Random, drawn: Drawn) -> str:
    """A quote in English."""
    return (
        f"We {_VERBS.draw(rng)} {drawn.village} with {_ADJECTIVES.draw(rng)} {_NOUNS.draw(rng)}; "
        f"{drawn.number} {drawn.unit} and {_with_article(_NOUNS.draw(rng))} of the {unit_name(rng)} are accounted for."
    )


def title(rng: Random, drawn: Drawn) -> str:
    """The title of a document."""
    return f"{_ADJECTIVES.draw(rng).title()} {_NOUNS.draw(rng)} at {drawn.village}: the {_NOUNS.draw(rng)}"


def words_of(language: str) -> Sequence[str]:
    """Words of a language to search for, the frequent ones first."""
    return _NOUNS.items if language == "en" else _FOREIGN_NOUNS[language].items
