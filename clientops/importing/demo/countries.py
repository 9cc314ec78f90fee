"""Where the demo book's clients live: languages, cities, ways of writing streets, companies and numbers."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Country:
    """How names, addresses and numbers look in one country, in one language.

    Attributes:
        code: ISO 3166 code.
        people: Locale of Faker's list of personal names.
        language: Language of e-mails.
        currency: ISO 4217 code.
        weight: Share of the clients, in proportion to the others.
        phone: Beginnings of mobile numbers in E.164.
        phone_digits: Digits that follow.
        postcode: Shape: ``0`` a digit, ``A`` a letter; the beginning comes from the city.
        tax_id: Beginning, number of digits, end.
        cities: ``name=beginning of the postcode``, with ``/state`` behind the name where addresses have one.
        street: Shape with ``{w}`` a word of ``streets``, ``{n}`` the house number, ``{a}`` and ``{b}`` small numbers.
        streets: List of Faker's address provider, or ``family``, ``given``.
        trades: What companies do.
        companies: Company names as pairs of a spelling and another spelling of the same company; ``{w}`` and ``{v}``
            are family names, ``{t}`` a trade, ``{c}`` the city.
    """

    code: str
    people: str
    language: str
    currency: str
    weight: int
    phone: str
    phone_digits: int
    postcode: str
    tax_id: tuple[str, int, str]
    cities: str
    street: str
    streets: str
    trades: str
    companies: tuple[tuple[str, str], ...]


_GERMAN_TRADES = (
    "Metallbau, Elektro, Bau, Logistik, Consulting, Medien, Software, Reisen, Immobilien, Gartenbau, Verlag"
)
_GERMAN = (
    ("{w} {t} GmbH", "{w} {t} Gesellschaft mbH"),
    ("{w} & {v} {t} GmbH", "{w} und {v} {t} G.m.b.H."),
    ("{w} & {v} GbR", "{w} u. {v} GbR"),
    ("{t} {c} {w} GmbH & Co. KG", "{t} {c} {w} GmbH u. Co KG"),
    ("{t} {w} e.K.", "{t} {w}"),
)
_ENGLISH_TRADES = (
    "Design, Plumbing, Consulting, Logistics, Media, Travel, Foods, Software, Dental, Books, Motors, Roofing"
)

COUNTRIES: tuple[Country, ...] = (
    Country(
        "DE", "de_DE", "de", "EUR", 190, "+49151|+49160|+49170|+49171|+49176|+49177", 8, "00000", ("DE", 9, ""),
        "Berlin=10, Hamburg=20, München=80, Köln=50, Frankfurt am Main=60, Stuttgart=70, Leipzig=04, Dresden=01, "
        "Bremen=28, Hannover=30, Nürnberg=90, Essen=45, Freiburg=79, Kiel=24, Münster=48, Aachen=52",
        "{w}straße {n}", "family", _GERMAN_TRADES, _GERMAN,
    ),
    Country(
        "AT", "de_AT", "de", "EUR", 45, "+43664|+43676|+43699", 7, "0000", ("ATU", 8, ""),
        "Wien=10, Graz=80, Linz=40, Salzburg=50, Innsbruck=60, Klagenfurt=90, Wels=46, Dornbirn=68",
        "{w}gasse {n}", "family", _GERMAN_TRADES, _GERMAN,
    ),
    Country(
        "CH", "de_CH", "de", "CHF", 45, "+4176|+4178|+4179", 7, "0000", ("CHE", 9, "MWST"),
        "Zürich=80, Basel=40, Bern=30, Luzern=60, Winterthur=84, St. Gallen=90, Chur=70, Thun=36",
        "{w}strasse {n}", "family", _GERMAN_TRADES,
        (("{w} {t} AG", "{w} {t} A.G."), ("{w} & {v} {t} GmbH", "{w} und {v} {t} GmbH"), ("{t} {c} AG", "{t} {c}")),
    ),
    Country(
        "FR", "fr_FR", "fr", "EUR", 75, "+3361|+3362|+3366", 7, "00000", ("FR", 11, ""),
        "Paris=750, Lyon=690, Marseille=130, Toulouse=310, Nice=060, Nantes=440, Strasbourg=670, Bordeaux=330, "
        "Lille=590, Rennes=350",
        "{n} rue {w}", "family", "Conseil, Bâtiment, Transports, Édition, Voyages, Informatique, Menuiserie, Optique",
        (("{w} {t} SARL", "{t} {w} S.A.R.L."), ("{w} et {v} SAS", "{w} & {v} S.A.S."), ("{t} {w} et Fils", "{t} {w} & Fils")),
    ),
    Country(
        "NL", "nl_NL", "nl", "EUR", 55, "+3161|+3162|+3164", 7, "0000 AA", ("NL", 9, "B01"),
        "Amsterdam=10, Rotterdam=30, Utrecht=35, Den Haag=25, Eindhoven=56, Groningen=97, Haarlem=20, Breda=48",
        "{w}straat {n}", "given", "Advies, Bouw, Transport, Media, Reizen, Automatisering, Bloemen, Techniek",
        (("{w} {t} B.V.", "{w} {t} BV"), ("{w} & {v} {t} V.O.F.", "{w} en {v} {t} VOF"), ("{t} {c} B.V.", "{t} {c}")),
    ),
    Country(
        "ES", "es_ES", "es", "EUR", 50, "+3461|+3462|+3465", 7, "00000", ("ESB", 8, ""),
        "Madrid=280, Barcelona=080, Valencia=460, Sevilla=410, Zaragoza=500, Málaga=290, Bilbao=480, Granada=180",
        "Calle {w}, {n}", "family", "Construcciones, Consultores, Viajes, Editorial, Informática, Talleres, Alimentos",
        (("{t} {w} S.L.", "{t} {w} Sociedad Limitada"), ("{w} y {v} {t} S.A.", "{w} & {v} {t} SA")),
    ),
    Country(
        "IT", "it_IT", "it", "EUR", 50, "+39320|+39338|+39347", 7, "00000", ("IT", 11, ""),
        "Roma=001, Milano=201, Torino=101, Napoli=801, Bologna=401, Firenze=501, Verona=371, Padova=351, Bari=701",
        "Via {w} {n}", "family", "Costruzioni, Consulenza, Trasporti, Viaggi, Editrice, Informatica, Mobili, Officine",
        (("{t} {w} S.r.l.", "{t} {w} SRL"), ("{w} & {v} S.n.c.", "{w} e {v} SNC"), ("{w} {t} S.p.A.", "{w} {t} spa")),
    ),
    Country(
        "PL", "pl_PL", "pl", "PLN", 40, "+48601|+48692|+48788", 6, "00-000", ("PL", 10, ""),
        "Warszawa=00, Kraków=30, Łódź=90, Wrocław=50, Poznań=60, Gdańsk=80, Lublin=20, Katowice=40",
        "ul. {w} {n}", "streets", "Transport, Budownictwo, Usługi, Meble, Informatyka, Doradztwo, Handel",
        (("{w} {t} Sp. z o.o.", "{w} {t} spółka z ograniczoną odpowiedzialnością"), ("{w} i {v} s.c.", "{w} & {v} S.C.")),
    ),
    Country(
        "CZ", "cs_CZ", "cs", "CZK", 30, "+420601|+420724|+420777", 6, "000 00", ("CZ", 8, ""),
        "Praha=11, Brno=60, Ostrava=70, Plzeň=30, Liberec=46, Olomouc=77, Zlín=76",
        "{w} {n}", "streets", "Stavby, Doprava, Služby, Nábytek, Poradenství, Tisk, Obchod",
        (("{w} {t} s.r.o.", "{w} {t} spol. s r.o."), ("{t} {w} a.s.", "{t} {w}, akciová společnost")),
    ),
    Country(
        "SE", "sv_SE", "sv", "SEK", 35, "+4670|+4672|+4673|+4676", 7, "000 00", ("SE", 10, "01"),
        "Stockholm=11, Göteborg=41, Malmö=21, Uppsala=75, Västerås=72, Örebro=70, Linköping=58, Umeå=90",
        "{w}gatan {n}", "street_prefixes", "Bygg, Konsult, Transport, Resor, Måleri, Förlag, Data, Trädgård",
        (("{w} {t} AB", "AB {w} {t}"), ("{w} & {v} {t} HB", "{w} och {v} {t} Handelsbolag")),
    ),
    Country(
        "GR", "el_GR", "el", "EUR", 25, "+30694|+30697", 7, "000 00", ("EL", 9, ""),
        "Αθήνα=10, Θεσσαλονίκη=54, Πάτρα=26, Ηράκλειο=71, Λάρισα=41, Βόλος=38, Ιωάννινα=45",
        "{w} {n}", "family", "Κατασκευές, Μεταφορές, Εκδόσεις, Τουρισμός, Πληροφορική, Εμπορική",
        (("{t} {w} Α.Ε.", "{t} {w} ΑΕ"), ("{w} και {v} Ο.Ε.", "{w} & {v} ΟΕ"), ("{t} {w} ΕΠΕ", "{t} {w} Ε.Π.Ε.")),
    ),
    Country(
        "PT", "pt_PT", "pt", "EUR", 20, "+35191|+35193|+35196", 7, "0000-000", ("PT", 9, ""),
        "Lisboa=10, Porto=40, Braga=47, Coimbra=30, Faro=80, Aveiro=38, Évora=70",
        "Rua {w}, {n}", "family", "Construções, Consultoria, Viagens, Editora, Transportes, Vinhos",
        (("{w} {t} Lda.", "{w} {t} Limitada"), ("{w} e {v} S.A.", "{w} & {v} SA")),
    ),
    Country(
        "GB", "en_GB", "en", "GBP", 80, "+447400|+447500|+447800|+447411", 6, "AA0 0AA", ("GB", 9, ""),
        "London=EC, Manchester=M, Birmingham=B, Leeds=LS, Glasgow=G, Bristol=BS, Liverpool=L, Cardiff=CF, Sheffield=S, "
        "Nottingham=NG, Oxford=OX, York=YO",
        "{n} {w} Street", "family", _ENGLISH_TRADES,
        (("{w} {t} Ltd", "{w} {t} Limited"), ("{w} & {v} LLP", "{w} and {v} L.L.P."), ("{w} & Sons {t} Ltd", "{w} and Sons {t} Ltd.")),
    ),
    Country(
        "US", "en_US", "en", "USD", 90, "+12125|+13125|+14154|+16175|+12065", 6, "00000", ("", 9, ""),
        "New York/NY=100, Chicago/IL=606, San Francisco/CA=941, Boston/MA=021, Seattle/WA=981, Austin/TX=787, "
        "Denver/CO=802, Portland/OR=972, Atlanta/GA=303, Miami/FL=331",
        "{n} {w} Avenue", "family", _ENGLISH_TRADES,
        (("{w} {t} LLC", "{w} {t}, L.L.C."), ("{w} & {v} Inc.", "{w} and {v} Incorporated"), ("{c} {t} Corp.", "{c} {t} Corporation")),
    ),
    Country(
        "CA", "en_GB", "en", "CAD", 25, "+14165|+16046|+14034", 6, "A0A 0A0", ("", 9, "RT0001"),
        "Toronto/ON=M, Ottawa/ON=K, Vancouver/BC=V, Victoria/BC=V, Calgary/AB=T, Edmonton/AB=T, Winnipeg/MB=R",
        "{n} {w} Road", "family", _ENGLISH_TRADES,
        (("{w} {t} Inc.", "{w} {t} Incorporated"), ("{w} & {v} {t} Ltd.", "{w} and {v} {t} Limited")),
    ),
    Country(
        "CA", "fr_FR", "fr", "CAD", 12, "+15144|+14185|+18193", 6, "A0A 0A0", ("", 9, "RT0001"),
        "Montréal/QC=H, Québec/QC=G, Laval/QC=H, Gatineau/QC=J, Sherbrooke/QC=J",
        "{n}, rue {w}", "family", "Conseil, Construction, Transport, Édition, Voyages, Informatique",
        (("{w} {t} inc.", "{w} {t} Incorporée"), ("Les Entreprises {w} inc.", "Entreprises {w}")),
    ),
    Country(
        "BR", "pt_BR", "pt", "BRL", 35, "+55119|+55219|+55319", 8, "00000-000", ("", 14, ""),
        "São Paulo/SP=01, Rio de Janeiro/RJ=20, Belo Horizonte/MG=30, Curitiba/PR=80, Porto Alegre/RS=90, Recife/PE=50",
        "Rua {w}, {n}", "family", "Construções, Consultoria, Transportes, Viagens, Editora, Informática, Alimentos",
        (("{w} {t} Ltda.", "{w} {t} Limitada"), ("{w} e {v} {t} S.A.", "{w} & {v} {t} SA"), ("{t} {w} ME", "{t} {w}")),
    ),
    Country(
        "JP", "ja_JP", "ja", "JPY", 40, "+8180", 8, "000-0000", ("T", 13, ""),
        "千代田区/東京都=100, 新宿区/東京都=160, 大阪市/大阪府=530, 名古屋市/愛知県=450, 札幌市/北海道=060, 福岡市/福岡県=810, 横浜市/神奈川県=220",
        "{w}{a}丁目{b}番", "towns", "商事, 工業, 印刷, 運輸, 電機, 食品, 建設, 出版",
        (("株式会社{w}{t}", "(株){w}{t}"), ("{w}{v}{t}株式会社", "{w}{v}{t}(株)"), ("有限会社{w}{t}", "(有){w}{t}")),
    ),
    Country(
        "CN", "zh_CN", "zh", "USD", 20, "+86135|+86138|+86139", 8, "000000", ("", 15, "XA"),
        "北京=100, 上海=200, 广州=510, 深圳=518, 杭州=310, 成都=610, 南京=210",
        "{w}路{n}号", "districts", "科技, 贸易, 传媒, 物流, 食品, 建材",
        (("{c}{w}{v}{t}有限公司", "{c}{w}{v}{t}有限责任公司"), ("{w}{v}{t}集团", "{w}{v}{t}(集团)")),
    ),
    Country(
        "KR", "ko_KR", "ko", "KRW", 15, "+8210", 8, "00000", ("", 10, ""),
        "서울특별시=04, 부산광역시=48, 대구광역시=41, 인천광역시=22, 광주광역시=61, 대전광역시=34",
        "{w}로 {n}", "road_names", "상사, 전자, 건설, 식품, 출판, 물류",
        (("주식회사 {w}{v}{t}", "(주){w}{v}{t}"), ("{w}{v}{t}㈜", "{w}{v}{t} 주식회사")),
    ),
    Country(
        "UA", "uk_UA", "uk", "EUR", 20, "+38050|+38067|+38097", 7, "00000", ("", 12, ""),
        "Київ=01, Львів=79, Одеса=65, Харків=61, Дніпро=49, Полтава=36, Чернівці=58",
        "вул. {w}, {n}", "street_titles", "Буд, Транс, Сервіс, Медіа, Агро, Торг",
        (("ТОВ «{w} {t}»", "ТОВ {w}-{t}"), ("ФОП {w} {t}", "Фізична особа-підприємець {w} {t}")),
    ),
    Country(
        "KZ", "ru_RU", "ru", "USD", 15, "+7701|+7702|+7777", 7, "000000", ("", 12, ""),
        "Алматы=050, Астана=010, Шымкент=160, Караганда=100, Актобе=030",
        "ул. {w}, {n}", "street_titles_noflex", "Строй, Транс, Сервис, Медиа, Агро, Торг",
        (("ТОО «{w} {t}»", "ТОО {w}-{t}"), ("ИП {w} {t}", "Индивидуальный предприниматель {w} {t}")),
    ),
    Country(
        "KW", "ar_AA", "ar", "KWD", 20, "+96599|+96566|+96550", 6, "00000", ("", 9, ""),
        "مدينة الكويت=13, حولي=32, السالمية=22, الفروانية=81, الجهراء=01",
        "شارع {w} {n}", "family", "للتجارة, للمقاولات, للسفر, للنقل, للتقنية, للأغذية",
        (("شركة {w} {t}", "شركة {w} {t} ذ.م.م"), ("مؤسسة {w} {t}", "مؤسسه {w} {t}")),
    ),
    Country(
        "IN", "en_IN", "en", "INR", 25, "+9197|+9198|+9199", 8, "000000", ("27AABCU", 4, "R1ZM"),
        "Mumbai/Maharashtra=400, Pune/Maharashtra=411, Bengaluru/Karnataka=560, Chennai/Tamil Nadu=600, Delhi/Delhi=110, "
        "Hyderabad/Telangana=500, Kolkata/West Bengal=700",
        "{n}, {w} Road", "family", "Traders, Textiles, Infotech, Travels, Exports, Foods, Constructions",
        (("{w} {t} Pvt. Ltd.", "{w} {t} Private Limited"), ("{w} & {v} {t}", "{w} and {v} {t}")),
    ),
    Country(
        "IN", "hi_IN", "hi", "INR", 8, "+9197|+9198|+9199", 8, "000000", ("07AABCU", 4, "R1ZM"),
        "दिल्ली/दिल्ली=110, लखनऊ/उत्तर प्रदेश=226, जयपुर/राजस्थान=302, भोपाल/मध्य प्रदेश=462",
        "{n}, {w} मार्ग", "family", "ट्रेडर्स, वस्त्र, यात्रा, प्रकाशन, निर्माण",
        (("{w} {t} प्रा. लि.", "{w} {t} प्राइवेट लिमिटेड"), ("{w} एंड {v} {t}", "{w} और {v} {t}")),
    ),
    Country(
        "TR", "tr_TR", "tr", "EUR", 20, "+90532|+90542|+90555", 7, "00000", ("", 10, ""),
        "İstanbul=34, Ankara=06, İzmir=35, Bursa=16, Antalya=07, Konya=42",
        "{w} Sokak No: {n}", "family", "İnşaat, Turizm, Yayıncılık, Lojistik, Bilişim, Gıda",
        (("{w} {t} Ltd. Şti.", "{w} {t} Limited Şirketi"), ("{w} ve {v} {t} A.Ş.", "{w} & {v} {t} AŞ")),
    ),
)  # fmt: skip
