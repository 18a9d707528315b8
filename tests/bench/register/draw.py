# SPDX-License-Identifier: Apache-2.0
"""Drawing by weight, and the parts that rare names, streets and organisations are put together from."""

from __future__ import annotations

import csv
import itertools
import pathlib
from bisect import bisect

NAMES = pathlib.Path(__file__).resolve().parent / "names"

COMPOUND_FIRST = (
    "Alm Ask Asp Berg Björk Blom Bo Brant Dal Duv Ek Eng Fager Fjäll Flod Fors Fur Gran Grön Gyllen Hag Hall Hammar Hav Hed Hjort Holm Häll "
    "Häger Hög Kall Karl Kil Klint Koll Kron Kull Kvarn Käll Lag Lill Lilje Lind Ljung Lund Lust Läng Löv Malm Mar Mo Myr Mård Natt Nor Nord Ny "
    "Näs Ol Palm Ram Ren Ros Rud Råg Rönn Sand Silver Sjö Skog Skär Snö Sol Sten Stjärn Stor Strand Ström Stål Sund Sunn Svan Svärd Söder Tall "
    "Torn Tjern Ull Vall Vest Vik Vild Vinter Våg Väng Väster Åker Ång Ås Älv Äng Öhr Ör Öster"
).split()
COMPOUND_LAST = (
    "backa backe berg björk bladh blom bo bom borg bring by bäck crantz dahl dal ell elius en er feldt fors gren grip gård hag hammar hed hem "
    "holm häll höjd in ing klev klint kvist lid lind ling ljung lund löv man mark mo ner nert näs qvist rot rud sjö skog skär skiöld stam stedt sten strand ström "
    "stål sund svärd torp träd vall vik ås äng ö"
).split()
SYLLABLE_FIRST = (
    "Ab Ad Ag Al Am An Ar As At Ba Be Bi Bo Bu Ca Ce Da De Di Do Du Ed El Em Er Es Fa Fe Fi Fo Ga Ge Gi Go Gu Ha He Hi Ho Hu Ib Il Im Is Ja Je "
    "Jo Ju Ka Ke Ki Ko Ku La Le Li Lo Lu Ma Me Mi Mo Mu Na Ne Ni No Nu Ol Om Or Os Pa Pe Pi Po Pu Qa Ra Re Ri Ro Ru Sa Se Si So Su Ta Te Ti To Tu "
    "Ul Um Va Ve Vi Vo Wa We Wi Xi Ya Yo Yu Za Ze Zi Zo Zu Øs Łu Æb Çe Ño"
).split()
SYLLABLE_MIDDLE = (
    "bel bor cha dan dar del dra fan fer gar gra han har ja jan ka kar ko kov la lan lat le li lin lo lov ma man mar me mi min mo na nan ne ni no "
    "nov par pe ra ran re ri ro ros sa san se sha si so ta tan te ti to tov va van ve vi vo za zar zi"
).split()
SYLLABLE_LAST = (
    "ad ak al am an ani ar ari as ati aj berg bi cek da di din do dze ec ek el en er ez eva far ga ghi gul ha hani i ia ian ic idi ie ina ini io is "
    "ja jad ka kaya ki kic ko la li lu ma mi mov na nen ni nia off ogly on oğlu os ou ov ova pour ra rahi ri ro sen shi ska ski so son ssi sy ta tam ti ts "
    "tze ur va vic vych wa wi yan yar z zadeh zi"
).split()
# Common names in Sweden that came from elsewhere; the first ones are the commonest.
FROM_ABROAD = (
    "Ali|Mohamed|Ahmed|Hassan|Hussein|Ibrahim|Nguyen|Abdi|Khan|Singh|Hosseini|Omar|Yilmaz|Ahmadi|Mohammadi|Osman|Al-Hassan|Kovačević|Petrović|Jovanović|"
    "Müller|Kaya|Demir|Virtanen|Korhonen|Mäkinen|Nieminen|Heikkinen|Koskinen|Nowak|Kowalski|Wiśniewska|García|Hernández|Muñoz|González|Da Silva|"
    "Dos Santos|O'Brien|D'Angelo|Sørensen|Jørgensen|Østergaard|Sæther|Bjørnsen|Ó Briain|Popescu|Ionescu|Çelik|Şahin|Öztürk|Haddad|Khalil|Saleh|Mustafa|"
    "Tran|Pham|Wang|Li|Chen|Kim|Andersen Holm|Van der Berg|De Vries|Le Blanc|Nguyen Thi|Horvat|Kovács|Szabó|Dvořák|Novák|Ivanova|Petrov|Smirnova"
).split("|")
STREETS = (
    "Storgatan|Kungsgatan|Drottninggatan|Skolgatan|Kyrkogatan|Järnvägsgatan|Stationsgatan|Ringvägen|Björkvägen|Granvägen|Tallvägen|Skogsvägen|Ängsvägen|"
    "Parkvägen|Åkervägen|Nygatan|Östergatan|Västergatan|Norra vägen|Södra vägen|Lillgatan|Trädgårdsgatan|Hantverkargatan|Smedjegatan|Fabriksgatan|"
    "Strandvägen|Sjövägen|Hamngatan|Torggatan|Köpmangatan|Prästgatan|Bergsgatan|Backvägen|Dalvägen|Solvägen|Hagavägen|Lindvägen|Rönnvägen|Rosenvägen|"
    "Violvägen|Tulpanvägen|Hasselstigen|Ekstigen|Aspstigen|Sveavägen|Vasagatan|Karlavägen|Linnégatan|Gamla landsvägen|Mossvägen|Fjällgatan|Idrottsvägen"
).split("|")
TRADES = (
    "Bygg|El|Rör|Måleri|Transport|Städ|Bil|Livs|Skog|Lantbruk|Konsult|Redovisning|Teknik|Mekaniska|Plåt|Fastighet|Hälsa|Tandvård|Data|Media|Energi|"
    "Möbel|Kött|Bageri|Textil|Tryckeri|Logistik|Säkerhet|Event|Restaurang"
).split("|")
NOTES = (
    "Ringer helst på eftermiddagen.|Vill ha fakturan till jobbet.|Kom med genom en vän.|Tränar två gånger i veckan.|Allergisk mot nötter, fråga köket.|"
    'Bad om rabatt; fick "Vårkampanjen".|Har flyttat, ny adress väntas.|Önskar brev i stället för e-post.|Återkommer efter sommaren.|Pratade om familjekort.|'
    "Nöjd med instruktören.|Klagade på parkeringen, ordnat.|Vill byta till halvårskort.|Delar betalning med sin arbetsgivare.|Fyller jämnt i år."
).split("|")


class Draw:
    """Values by weight, from one source of randomness."""

    def __init__(self, random, values, weights):
        self._random, self._values = random.random, list(values)
        self._sums = list(itertools.accumulate(weights))
        self._total = self._sums[-1]
        self._last = len(self._values) - 1

    def __call__(self):
        return self._values[min(bisect(self._sums, self._random() * self._total), self._last)]


def by_rank(random, values, power=1.0):
    """As things of people are spread: the first is the commonest, the second half as common, …"""
    values = list(values)
    return Draw(random, values, [1 / (rank + 2) ** power for rank in range(len(values))])


def read_names(name):
    with open(NAMES / f"{name}.csv", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
