"""A hand-written release in the form of HPO's, small enough to be checked by eye.

Terms: All > Phenotypic abnormality > Seizure > Focal seizure; > Tall stature; Onset > Congenital onset;
Inheritance > Dominant. Two diseases, two genes. Everything is written to a temporary folder.
"""

from pathlib import Path

OBO = """\
format-version: 1.2
data-version: hp/releases/2030-01-01

[Term]
id: HP:0000001
name: All

[Term]
id: HP:0000118
name: Phenotypic abnormality
is_a: HP:0000001 ! All

[Term]
id: HP:0001250
name: Seizure
alt_id: HP:0002279
def: "A \\"paroxysmal\\" event." [HPO:probinson]
synonym: "Fits" RELATED layperson [ORCID:1]
synonym: "Epileptic seizure" EXACT []
xref: UMLS:C0036572 {source="x"}
is_a: HP:0000118 ! Phenotypic abnormality

[Term]
id: HP:0007359
name: Focal seizure
is_a: HP:0001250 {xref="a"} ! Seizure

[Term]
id: HP:0000098
name: Tall stature
is_a: HP:0000118 ! Phenotypic abnormality

[Term]
id: HP:0000005
name: Mode of inheritance
is_a: HP:0000001 ! All

[Term]
id: HP:0000006
name: Autosomal dominant inheritance
is_a: HP:0000005 ! Mode of inheritance

[Term]
id: HP:0012823
name: Clinical modifier
is_a: HP:0000001 ! All

[Term]
id: HP:0031797
name: Clinical course
is_a: HP:0000001 ! All

[Term]
id: HP:0003674
name: Onset
is_a: HP:0031797 ! Clinical course

[Term]
id: HP:0003577
name: Congenital onset
is_a: HP:0003674 ! Onset

[Term]
id: HP:0009999
name: obsolete Fit
is_obsolete: true
replaced_by: HP:0001250

[Typedef]
id: part_of
name: part of
"""

HPOA_HEADER = (
    "#version: 2030-01-01\n"
    "database_id\tdisease_name\tqualifier\thpo_id\treference\tevidence\tonset\tfrequency\tsex\tmodifier\taspect"
    "\tbiocuration\n"
)
ROWS = (
    # disease, name, qualifier, term, reference, frequency, aspect
    ("OMIM:1", "First syndrome", "", "HP:0001250", "PMID:11", "3/7", "P"),
    ("OMIM:1", "First syndrome", "", "HP:0002279", "PMID:12;PMID:13", "1/2", "P"),
    ("OMIM:1", "First syndrome", "NOT", "HP:0000098", "PMID:11", "", "P"),
    ("OMIM:1", "First syndrome", "", "HP:0007359", "PMID:11", "0/9", "P"),
    ("OMIM:1", "First syndrome", "", "HP:0000006", "PMID:11", "", "I"),
    ("OMIM:1", "First syndrome", "", "HP:0003577", "PMID:11", "", "C"),
    ("OMIM:2", "Second syndrome", "", "HP:0007359", "OMIM:2", "HP:0040285", "P"),
    ("OMIM:2", "Second syndrome", "", "HP:0000098", "OMIM:2", "40%", "P"),
    ("OMIM:2", "Second syndrome", "", "HP:0001250", "PMID:11", "2/2", "P"),
)
G2D = """\
ncbi_gene_id\tgene_symbol\tassociation_type\tdisease_id\tsource
NCBIGene:7\tABC1\tMENDELIAN\tOMIM:1\tx
NCBIGene:8\tABC2\tUNKNOWN\tOMIM:2\tx
NCBIGene:8\tABC2\tUNKNOWN\tOMIM:404\tx
-\t-\tUNKNOWN\tOMIM:2\tx
"""

Row = tuple[str, str, str, str, str, str, str]


def hpoa_line(row: Row) -> str:
    disease, name, qualifier, term, reference, frequency, aspect = row
    cells = [disease, name, qualifier, term, reference, "PCS", "", frequency, "", "", aspect, "HPO:x[2030-01-01]"]
    return "\t".join(cells) + "\n"


def write_release(folder: Path, rows: tuple[Row, ...] = ROWS, *, obo: str = OBO, genes: str = G2D) -> Path:
    """Writes the three files and returns the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "hp.obo").write_text(obo, encoding="utf-8")
    (folder / "phenotype.hpoa").write_text(HPOA_HEADER + "".join(map(hpoa_line, rows)), encoding="utf-8")
    (folder / "genes_to_disease.txt").write_text(genes, encoding="utf-8")
    return folder
