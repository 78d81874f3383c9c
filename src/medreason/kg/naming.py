"""How a concept's name stands inside a sentence, and how lists and numbers are written in one."""

from __future__ import annotations

import re
from collections.abc import Sequence

# Names of people, places and genera that begin HPO labels and keep their capital.
_PROPER = frozenset(
    """
    achilles acinetobacter addison adie albright alzheimer arnold aspergillus auer austin babinski bartholin
    barrett beau becker beevor bence blake bouchard bowman brown brudzinski brugada brushfield budd burkitt
    bussaca caesarian candida chaddock charcot cheyne chiari christmas chvostek civatte cogan collier coombs
    cotard crohn cullen cushing dandy darier darwin descemet down dubin duane dubowitz duffy dupuytren ebstein
    ehlers eisenmenger entamoeba epstein erlenmeyer escherichia ewing fanconi flexner fordyce froment gaucher
    gerbode gilbert glasgow gordon gottron gowers graves guillain haemophilus hashimoto heberden heinz
    hirschsprung hodgkin hoffmann homer horner howell hutchinson janeway kaposi kayser kernig klebsiella klippel
    koebner koplik kussmaul langerhans leber leigh lewy leydig lhermitte lisch madelung mallory marcus marfanoid
    meckel mendelian mees meniere merkel michaelis mobitz modic mongolian morgagni muehrcke mycobacterium
    mycoplasma neisseria nikolsky osler paget pancoast parkinson perthes peyronie pierre plasmodium pneumocystis
    poland potter prehn pseudomonas quincke raynaud reye romberg roth salmonella scheuermann schmorl schwann
    sertoli sjogren sjögren sprengel staphylococcus streptococcus swan sydenham tanner terry tinel todd
    toxoplasma trendelenburg trousseau turner uhthoff virchow vogt von wallerian wegener wernicke west whipple
    whitnall wilms wilson wolff woronoff zollinger
    """.split()
)
_WORD = re.compile(r"[^\W\d_]+")


def in_sentence(name: str) -> str:
    """A label as it reads inside a sentence: first letter lowered, unless an abbreviation or a proper name."""
    first = _WORD.match(name)
    if first is None:
        return name
    word = first.group()
    possessive = name[first.end() : first.end() + 2] in {"'s", "’s"}
    if len(word) == 1 or not word[1:].islower() or possessive or word.lower() in _PROPER:
        return name
    following = name[first.end() :]
    if following[:1] == "-" and following[1:2].isupper():
        return name
    return name[0].lower() + name[1:]


def sentence_case(text: str) -> str:
    """Capital first letter, rest untouched."""
    return text[:1].upper() + text[1:]


def join(items: Sequence[str], word: str = "and") -> str:
    """``a``, ``a and b``, ``a, b and c``; semicolons where one of three or more items holds a comma."""
    if len(items) < 3:
        return f" {word} ".join(items)
    comma = "; " if any("," in item for item in items) else ", "
    last = f"{comma.rstrip()} {word} " if comma == "; " else f" {word} "
    return comma.join(items[:-1]) + last + items[-1]
