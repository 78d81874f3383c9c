"""The words that state, deny, correct or withhold an answer: patterns over folded text in lower case.

Accents are folded away before these are applied ("respuesta", "reponse", "losung"). Every repetition is bounded, so a
search costs O(characters).
"""

from __future__ import annotations

import re


def _any(words: str) -> str:
    """An alternation of phrases that are parted by ``|`` or line breaks."""
    return "(?:" + "|".join(w.strip() for w in words.replace("\n", "|").split("|") if w.strip()) + ")"


LINK = _any(
    "is|was|be|are|would be|will be|should be|must be|has to be|remains|becomes|seems|appears|lies in|being|isn't"
    "|wasn't|can't be|cannot be|won't be|wouldn't be"
)
# What may stand between "is" and the answer.
FILLER = re.compile(
    _any(
        r"""therefore|thus|hence|then|so|clearly|obviously|definitely|certainly|indeed|actually|simply|probably|likely
        most likely|most probably|most definitely|very likely|possibly|perhaps|maybe|still|now|in fact|ultimately
        finally|also|best described as|best represented by|either|only|just|surely|undoubtedly|again|of course|really
        to be|that of|given by|represented by|described by|listed in|found in|expressed by|going to be|by far|once again
        most|in my opinion|i think|i believe|i guess|i would say|i'd say|as follows|the following|this one
        both|in this case
        none other than|statement|to|option|options|choice|choices|letter|answer|alternative|answer choice
        answer option|opcion|alternativa|letra|option n|antwort|reponse|respuesta|lettre|buchstabe|choix|optie|opzione
        opcao|variant|wariant|secenek|jawaban|dap an|the|la|die|der|das|el|le|los|les|a|an|o|il|de|het
        correct|right|best|final|single|one|would be|is|es|ist|est|lautet|it is|it's|it was|it must be|it should be
        it would be|the answer is|the correct answer is|that|this|my|is going to be"""
    )
    + r"(?![a-z0-9'])(?: ?[:,-])? ?|(?:选项|选择|是|应该)"
)
POSSIBLE = re.compile(r"(?<![a-z])(?:might|could|may|can)(?! only)(?![a-z])")
NEGATION = re.compile(
    _any(
        r"""not|n't|never|neither|unlikely|unlikely to be|no longer|hardly|cannot be|can't be|certainly not
        definitely not|nicht|kein|keine|nie|pas|non|nao|niet|inte|ikke|nunca|jamais|anything but|other than|less likely
        不是|不|并非|非|incorrect|wrong|excluded|ruled out|eliminated|less likely to be|improbable"""
    )
    + r"(?![a-z]) ?(?:to be )?"
)
BUT = re.compile(
    r"[,;.]? ?(?:-+ ?)?(?:but|rather|instead|sondern|sino|mais|ma|mas|而是|it is|it's|however)(?![a-z]),? ?"
    r"(?:rather|instead|it is|it's|likely|probably|the answer is|the correct answer is)?(?![a-z])[ ,]{0,2}"
)
# A stated absence of an answer, where the answer should stand.
NOTHING = re.compile(
    r"(?:none(?! other than)(?: of)?(?: (?:the|these|them|those|above|options?|choices?|answers?|given|provided"
    r"|listed))*"
    r"|not (?:among|listed|provided|given|present|available|included|in|one|any|possible|enough|sure|clear"
    r"|determin)[a-z]*"
    r"|cannot|can not|can't|could not|unable|impossible|undetermined|indeterminate|unknown|unclear|uncertain|unsure"
    r"|n/a|na"
    r"|null|nil|undefined|no (?:answer|correct|option|definit|single|clear|suitable|valid)[a-z]*|insufficient"
    r"|not applicable"
    r"|missing|all of the (?:above|options|following)|keine|ninguna|ninguno|aucune|无法)(?![a-z])"
)
# What may follow a bare letter as a word, where a sentence goes on without a stop.
GOES_ON = re.compile(
    r"(?:because|since|as|due|given|which|is|was|are|for|in|if|while|whereas|although|though|but|not|rather|over|with"
    r"|and|or|und|oder|et|ou|y|o|weil|porque|car|parce|perche|based|according|by|on|explanation|reason|reasoning"
    r"|rationale|justification|confidence|therefore|thus|the|this|it|that|would|seems|fits|best|only|instead|then"
    r"|from|of|to|i|so|my|et|ist|es|est|here|now|then|at|over|after|before|without|under|when|where|there|again"
    r"|overall|today|most|both|remains|survives|must|should)(?![a-z0-9-])"
)
# Behind a question that names an option: "Is it B? Yes."
AFFIRMED = re.compile(
    r"[\"')\s]{0,3}(?:[a-z]{1,12}: )?(?:yes(?:, that(?:'s| is) (?:right|correct))?|exactly|indeed|that(?:'s"
    r"| is) (?:right|correct)|correct|precisely)(?=[.!,]|\s*$)"
)
SPECIES = re.compile(
    r"\.? ?(?:coli|diff|difficile|pylori|aureus|pneumoniae|epidermidis|faecalis|faecium|pertussis|burgdorferi|pallidum"
    r"|trachomatis|gonorrhoeae|meningitidis|tuberculosis|influenzae|albicans|glabrata|neoformans|immitis|dermatitidis"
    r"|capsulatum|fumigatus|jejuni|botulinum|tetani|perfringens|anthracis|cereus|henselae|quintana|canis|vaginalis"
    r"|lamblia|gondii|falciparum|vivax|ovale|malariae|cruzi|brucei|donovani|histolytica|jirovecii|agalactiae|pyogenes"
    r"|mutans|viridans|saprophyticus|monocytogenes|cholerae|vulnificus|pestis|enterocolitica|typhi|flexneri|sonnei"
    r"|aeruginosa|mirabilis|vulgaris|baumannii|cepacia|psittaci|felis|rickettsii|burnetii|multocida|stercoralis"
    r"|lumbricoides|vermicularis|solium|saginata|granulosus|haematobium|mansoni|japonicum|diphtheriae|leprae|bovis"
    r"|cloacae|freundii|fragilis|abortus|melitensis|suis|garinii|afzelii|recurrentis|israelii|asteroides|elegans"
    r"|mellitus"
    r"|duodenale|americanus|sapiens|schenckii|brasiliensis|microti|parvum|hominis|genitalium|urealyticum)(?![a-z])"
)
_MORE = (
    r"(?:,? ?(?:and/or|and|or|und|oder|y|o|et|ou|e|或|和|及|或者|as well as|along with|followed by)(?![a-z])| ?\((?:or"
    r"|and|possibly|maybe)(?![a-z])| ?[,/&+] ?| )"
)
# From one answer to a second one beside it.
BESIDE = re.compile(
    rf"(?: ?\([^()\n]{{0,40}}\))?{_MORE}[ ,]?(?:(?:possibly|maybe|perhaps|also|option|choice"
    rf"|both)(?![a-z]) ?){{0,2}}[(\[\"']?"
)
DENIED_AFTER = re.compile(
    r"[)\]\"'.:]{0,2} (?:(?:is|are|was|would be|can be|could be|may be|seems|seem|appears|being)(?:n't)? )?"
    r"(?:(?:most|definitely|certainly|therefore|thus|also|clearly|all|both|likely|very|too|probably|considered|less)"
    r" ){0,2}(?:not|incorrect|wrong|false|unlikely|ruled out|excluded|eliminated|inappropriate|less likely|isn't"
    r"|doesn't"
    r"|wasn't|can't|cannot|a mistake|an error|mistaken|misleading|does not|do not|aren't|would not|wouldn't"
    r"|ist falsch|es incorrecta|est incorrecte|contraindicated)"
    r"(?![a-z])"
)

# -- statements whose answer follows ------------------------------------------------------------------------

_BEFORE_NOUN = _any(
    """correct|right|best|true|proper|appropriate|likely|suitable|accurate|final|ideal|chosen|selected|only|preferred
    remaining|my|our|fitting|probable|plausible|consistent|logical|reasonable|sensible|optimal"""
)
_NOUN = (
    r"(?:(?:answer|ans|anser|awnser)s?(?: (?:choice|option|letter|key))?(?![a-z])"
    rf"|(?<![a-z]){_BEFORE_NOUN} (?:[a-z]{{2,12}} ){{0,2}}(?:option|choice|selection|pick|letter|solution|response"
    rf"|guess|vote)"
    r"(?! and)(?![a-z])|final (?:diagnosis|decision|verdict|conclusion)(?![a-z])"
    r"|the (?:option|choice|one|statement)(?= (?:that|which) )|(?<=\n)(?:solution|choice"
    r"|selection)(?=:| is))"
)
ANSWER = re.compile(rf"(?<![a-z0-9]){_NOUN}")
# "Answer the sub-questions:", "answer options:": no statements.
INSTRUCTION = re.compile(
    r" ?(?:options|choices|(?:the|these|this|each|all|following|any|both|with|using|only|in|sub)(?![a-z]))"
)
# From the noun to the answer. Groups: a relative or prepositional clause between, and the link itself.
ANSWER_LINK = re.compile(
    rf"(?P<mid>[^.\n:=?!]{{0,140}}?)(?:(?P<mark> ?(?::|=|-+>|→)| -+(?= ))"
    rf"|(?<=[\s)]){LINK}(?![a-z'])(?P<lead>[^.\n:?!,]{{0,30}}:(?!\d))?)"
)
# Where an answer may follow, in any sentence; and what ends the search for one.
ANY_LINK = re.compile(rf"(?P<mark>:)|(?<=[\s)]){LINK}(?![a-z'])")
BREAK = re.compile(r"[.\n:=?!]")
RELATIVE = re.compile(
    r"(?:^|[ (])(?:that|which|who|to|for|of|in|here|among|given|from|with|based|would|according|about)(?![a-z])"
)
DIRECT = re.compile(
    r"(?:^|(?<=\n)|(?<=[.:] ))[-* ]{0,3}(?:(?:so|thus|therefore|the|my),? )?(?:final |correct )?(?:answer"
    r"|ans)\.? ?(?=[(\[\"a-z0-9])"
)
OTHER_LATIN = re.compile(
    r"(?<![a-z])(?:"
    r"(?:die )?(?:(?:richtige|korrekte|beste|einzig richtige) )?(?:antwort|losung|antwortmoglichkeit)(?: (?:auf"
    r"|zu) [^.\n:]{1,60}?)?"
    r"(?: ?:| (?:ist|lautet|ware|muss)(?: (?:also|daher|somit|demnach|folglich|deshalb|eindeutig))?)"
    r"|(?:richtig|korrekt|zutreffend) ist(?: (?:also|daher|somit|die))?"
    r"|(?:respuesta|opcion|alternativa)(?: (?:correcta|final|mas (?:probable|adecuada|apropiada)|es))*(?: (?:a"
    r"|de) [^.\n:]{1,60}?)?"
    r"(?: ?:| (?:es|seria)(?: (?:la|el|por tanto|entonces))?)"
    r"|(?:reponse|proposition|option)(?: (?:correcte|exacte|juste|finale|la plus [a-z]+))*(?: (?:a|de) [^.\n:]{1,60}?)?"
    r"(?: ?:| (?:est|serait|n'est)(?: (?:donc|alors|la|le))?)"
    r"|risposta(?: (?:corretta|esatta|giusta|finale))*(?: ?:| (?:e|sarebbe)(?: (?:la|quindi|il))?)"
    r"|(?:resposta|alternativa|opcao)(?: (?:correta|certa|final))*(?: ?:| (?:e|seria)(?: (?:a|portanto))?)"
    r"|(?:antwoord|svaret|svar|vastaus|odpowiedz|odpoved|raspuns(?:ul)?|cevap|yanit|jawaban(?:nya)?|dap an)"
    r"(?: (?:juiste|riktiga|korrekta|prawidlowa|poprawna|corect|dogru|benar|yang benar|tepat|dung|chinh xac))*"
    r"(?: ?:| (?:is|ar|on|to|je|este|adalah|la)(?![a-z]))"
    r"|dogru (?:cevap|yanit|secenek)(?: ?:)?(?= )"
    r")"
    r" ?"
)
# A text without any of these holds no statement in the languages above.
TONGUES = re.compile(
    r"antwo|losung|richtig|korrekt|respuesta|opcion|alternativa|reponse|proposition|option|rispost|respost|opcao|svar"
    r"|vastaus|odpov|odpowiedz|raspuns|cevap|yanit|secenek|jawaban|dap an|zutreff"
)
OTHER_SCRIPTS = re.compile(
    r"(?:(?:正确|最终|最佳|最终的|正確|最終)?(?:的)?(?:答案|选项|答え|正解|解答|回答|選択肢)(?:应该|應該)?(?:是|为|為|选|：|:|は|应为|選|应选)"
    r"|(?:故|应|應|因此|所以|我|本题|綜上)?(?:选择|选|選擇|選)(?!项|擇|择)|(?:정답|답|답변)(?:은|는)? ?:?"
    r"|(?:правильныи |верныи )?(?:правильный |верный )?ответ ?(?::|-|это)?|(?:الإجابة|الجواب"
    r"|الاجابة)(?: الصحيحة)?(?: هي| هو)? ?:?"
    r"|(?:सही )?उत्तर(?: है)? ?:?) ?"
)
CHOOSING = re.compile(
    r"(?<![a-z'])(?:(?:i|we)(?:(?: would|'d| will|'ll| shall| am| was|'m| have|'ve| must| can| should| had better|'re"
    r"| are)"
    r"(?: (?:to|going to|therefore|thus|then|inclined to|gonna|confident(?:ly)?|now|definitely|still|have to|also"
    r"|probably|hence))?)?"
    r"(?: (?:therefore|thus|then|finally|will|hereby|still|confidently|now|definitely|hence|would|probably))?"
    r" (?:choose|chose|chosen|choosing|pick|picked|picking|select|selected|selecting|go with|going with|went with"
    r"|go for|opt for"
    r"|opting for|opted for|answer|vote for|say|settle on|settle for|lean toward|lean towards|lean to|leaning toward"
    r"|leaning towards"
    r"|conclude|guess|bet on|submit|stick with|sticking with)(?: that)?|let's (?:go with|choose|pick|say)"
    r"|(?<=[\n.,;] )going with|(?:^|(?<=\n))(?:going with|choose|select|i choose)|my (?:final )?(?:answer|choice|pick"
    r"|guess|selection|vote|bet|money)"
    r"(?: here)?(?: is| would be| goes to|'s|:)|(?<=[.,;\n] )choosing)(?![a-z]):? "
)
RECOMMENDING = re.compile(
    r"(?<![a-z'])(?:i|we)(?: would|'d| will|'ll| should)(?: therefore| then| first| now)? (?:start|order|give"
    r"|recommend|prescribe|perform|administer|begin|use|obtain|suggest"
    r"|treat (?:her |him |them |this patient |the patient )?with|start with|begin with|start (?:her|him"
    r"|them) on)(?![a-z]) "
)
CONCLUDING = re.compile(
    r"(?<![a-z])(?:it(?:'s| is| must be| should be| has to be| can only be| would be)|(?:so|therefore|thus|hence"
    r"|leaving|leaves|ultimately|finally|eventually|in the end"
    r"|which leaves|that leaves|this leaves|ergo|conclusion)(?: us with| only| just| me with| behind)?:?|∴|which is"
    r"|this is|points to|(?:leads|brings|takes) (?:us|me) to|left with|settle on|arrive at|→|most consistent with"
    r"|most compatible with|most suggestive of"
    r"|pointing to|corresponds to|corresponding to|matches|we choose|namely|best (?:answered|described"
    r"|explained) by)(?![a-z]),? ?"
)
DOMAIN = re.compile(
    r"(?<![a-z])(?:(?:most|least) (?:likely|appropriate|probable|suitable|consistent|accurate|plausible|fitting"
    r"|correct|effective|responsible)"
    r"|best|correct|right|(?:false|untrue|incorrect|true|wrong) statement|exception|odd one out|(?<=\n)diagnosis"
    r"|therefore|thus|hence|in conclusion|in summary|overall|"
    r"to summarize|so|conclusion)(?![a-z])"
)

# -- statements whose answer stands before -------------------------------------------------------------------

IS_ANSWER = re.compile(
    r"(?<=[\s)\]\"'.])(?:is|was|would be|must be|should be|seems(?: to be)?|appears(?: to be)?|remains|are|will be"
    r"|has to be|as)"
    r" (?:(?:both|all|equally|therefore|thus|clearly|indeed|hence|likely|probably|definitely|certainly|then|actually"
    r"|in fact|still|obviously"
    r"|undoubtedly),? ){0,2}(?P<what>(?:the|our|my)(?: (?:single|most|best|correct|right|final|only|likely"
    r"|appropriate|probable|accurate"
    r"|suitable|fitting|plausible|ideal|proper|preferred|reasonable|logical|consistent|true|next|obvious|optimal"
    r"|likeliest|first-line"
    r"|initial|effective|definitive)(?![a-z])){1,4}(?: (?P<noun>answer|choice|option|one|response|selection|diagnosis"
    r"|cause|step|next step|treatment|drug"
    r"|explanation|agent|test|management|finding|mechanism|therapy|intervention|organism|pathogen|medication|site"
    r"|complication|etiology)(?![a-z]))?(?(noun)|(?<!most)(?<!only)(?= (?:for|in|here|because|given|since|as|of these"
    r"|among)(?![a-z])|[.,;:!\n)]|$))"
    r"|(?:the|my|our) (?P<noun2>(?:final )?(?:answer|choice|pick|selection))|the one(?! that| who| of| with)"
    r"|most (?:likely|appropriate|probable|suitable|plausible|consistent)(?=[.,;!\n]| (?:here|given"
    r"|because|in|for)(?![a-z])|$)"
    r"|what i (?:choose|pick|select|would (?:choose|pick|select))|correct|right)(?![a-z-])"
)
# "So A it is.", "Only C remains."
LEFT_OVER = re.compile(
    r"(?<=[\s)\]\"'.])(?:it is|remains|is left|is what remains|is what is left|survives)(?=[.!,;\n]|$| as the)"
)
TRUE_IN_TONGUES = re.compile(
    r"(?<=[\s)\]\"'.])(?:ist (?:die )?(?:richtige?|korrekte?)(?: antwort)?|es (?:la )?(?:respuesta )?correcta"
    r"|est (?:la )?(?:bonne )?(?:reponse )?(?:correcte|exacte)"
    r"|e (?:la )?(?:risposta )?corretta|e a (?:resposta )?correta|is het juiste antwoord|が正解)"
    r"|是(?:正确|对|最佳|最可能)的?|正确"
)
LEADING = re.compile(
    r"(?:(?:so|therefore|thus|hence|and|but|then|in conclusion|in summary|overall|clearly|finally|conclusion:|because"
    r"|since|that"
    r"|(?:i|we) (?:think|believe|conclude|can conclude|would say|feel)(?: that)?|it (?:is clear|follows|seems|appears"
    r"|is likely)(?: that)?"
    r"|this (?:means|suggests|indicates|implies)(?: that)?|only|making|makes|as such|consequently|accordingly"
    r"|for these reasons|given this"
    r"|based on (?:this|these|the above)[^,.\n]{0,40}|given (?:this|these|the)[^,.\n]{0,40}|i choose|actually|wait|no"
    r"|however)"
    r"(?![a-z]):?,? ?){1,4}"
)

# -- what overrules a statement ------------------------------------------------------------------------------

CORRECTION = re.compile(
    r"(?<![a-z])(?:wait|actually|correction|on second thought|on reflection|scratch that|strike that|hold on|hmm+"
    r"|my mistake|my bad|oops"
    r"|i (?:made|make) (?:a|an) (?:mistake|error)|i meant|i mean|i misspoke|i take that back|i was wrong"
    r"|let me (?:correct|re-?think|reconsider|re-?check"
    r"|re-?evaluate|double[- ]check|change|revise|re-?consider|re-?read|re-?examine)|sorry|apologies|i apologi[sz]e"
    r"|changing my answer|i change my answer|change to|revised answer|no,|no -|nein,"
    r"|(?:i |i'll |i will |so i |let me )?(?:change|changing|revise|revising|switch|switching|correct) (?:my answer"
    r"|it|this|myself|the answer|that)?(?: to)?|edit:|rather,|or rather|instead,|upon (?:reflection|review"
    r"|reconsideration|further)|reconsidering|re-?evaluating|looking (?:again|back|closer)|thinking (?:again"
    r"|about it more)|non,|espera|attends|warte|等等|不对)(?![a-z])"
)
_TAKEN_BACK = (
    r"(?:(?:that|this|it)(?:'s| is| was| seems| may be| might be) (?:not (?:right|correct|quite right|true)|wrong"
    r"|incorrect|a mistake|an error)"
    r"|(?:that|this|it) (?:can't|cannot|can not|couldn't) be(?: right| correct)?|(?:that|this|it) isn't (?:right"
    r"|correct|quite right)|i was wrong|scratch that|strike that|i take that back|not quite right"
    r"|let me (?:re-?think|reconsider|re-?evaluate|start over|correct|think again))"
)
TAKEN_BACK = re.compile(rf"(?<![a-z]){_TAKEN_BACK}(?![a-z])")
# A second option that is left standing beside the chosen one.
EQUALLY = re.compile(
    r"(?<![a-z])([a-z])\)? (?:is|are|would be|could be|may be|might be|seems) (?:just as|equally|as|also"
    r"|no less) (?:possible|likely|plausible|probable|valid|good|correct|right|acceptable)(?![a-z])"
)
# What makes the sentence before a statement no statement of an answer.
QUOTED = re.compile(
    r"(?:with|by|say|saying|write|writing|wrote|format|as|form|like|state|type|output|respond|reply|said|says|claims"
    r"|phrase|line|exactly|sentence|words)[:,]? ?[\"']+ ?(?:the |my )?(?:final |correct )?$"
)
NO_STATEMENT_BEFORE = re.compile(
    r"(?:n't (?:think|believe|say|conclude)(?: that)?(?: the)?(?: [a-z]{2,12})? ?$)|(?<![a-z])(?:(?:incorrect|wrong"
    r"|alternative|alternate|second[- ]best|other|another|tempting|past|false|initial|first|previous|earlier|original"
    r"|old|possible|potential"
    r"|each|every|any|no|worst|next best|distractor|given|common|popular|which|what|whose|student'?s|your|his|her"
    r"|their|someone'?s|expected|reference|example|sample|hypothetical)"
    r"(?: [a-z]{2,12})? ?$|(?:whether|if the|if my|if our|suppose(?: that)? the|assum(?:e|ing)(?: that)? the"
    r"|might think(?: that)? the|may think(?: that)? the|would think(?: that)? the"
    r"|could think(?: that)? the|might say(?: that)? the|not (?:think|believe|say)(?: that)? the|(?<=do)n't (?:think"
    r"|believe|say)(?: that)? the"
    r"|i (?:first|initially|originally|had|at first) (?:\w+ )?(?:thought|chose|picked|said|answered|guessed|believed"
    r"|favou?red)(?: that)?(?: the)?|at first(?:,)? i (?:thought|chose|picked|said)(?: that)?(?: the)?"
    r"|tempted to (?:say|think|pick|choose|answer)(?: that)?(?: the)?|(?:you|they|he|she|some|others|someone"
    r"|colleagues?|residents?|students?|friends?|teachers?|authors?|textbooks?|guidelines?|people"
    r"|many) (?:\w+ )?(?:suggest|claim|sa[iy]|wrote|write|think|thought|argue|believe|chose|choose"
    r"|answer)[a-z]{0,3}(?: that)?(?: the)?|claims?(?: that)? the|students? (?:\w+ )?(?:choose|chose|pick|think|say"
    r"|answer)(?: that)?(?: the)?|not sure(?: that| if| whether)? the)(?: [a-z]{2,12}){0,2} ?$)"
)
CONDITION = re.compile(
    r"(?<![a-z])(?:if (?!i |we |you |one |in doubt|forced|pressed|asked|necessary|only one|any)|had (?:the|this|she"
    r"|he|it|there)|were (?:the|this|she|he|it|there)|unless|suppose|assuming|in case|otherwise|wenn|falls|si le"
    r"|si la|si el)(?![a-z]|(?<= )$)?"
)
ASKING = re.compile(
    r"(?:^|(?<=\n)|(?<=[.!?,] )|(?<=[.!?]))(?:so |but |and |or |then )?(?:is|are|could|would|should|can|may|might"
    r"|what if|what about|why|how about|does|do)(?![a-z])"
)
REFUSAL = re.compile(
    r"(?<![a-z])(?:i(?:'m| am) (?:sorry|unable|not able|not sure|not certain|uncertain|not qualified|not a doctor)"
    r"|i (?:cannot|can't|can not|could not|couldn't|do not|don't|won't|will not|am unable to|must decline)"
    r" (?:\w+ )?(?:answer|provide|determine|give|help|assist|know|choose|select|decide|offer|make|have|comply|comment"
    r"|say)|as an ai|as a language model|cannot (?:be )?(?:determined?|answer|choose|decide|select|provide)"
    r"|can't be determined|(?:not|insufficient|not enough|without more|without further|more) (?:enough )?information"
    r"|unable to (?:answer|determine|provide|choose|select|decide)|consult (?:a|your|with)|medical advice"
    r"|none of (?:the|these)|no correct (?:answer|option)|impossible to (?:say|determine|know)|seek (?:medical"
    r"|professional)|not (?:listed|provided|included|given) (?:in|among)|ich kann (?:diese|die|das|nicht)|no puedo"
    r"|je ne peux pas|我无法|无法(?:确定|回答|判断))"
)
END_OF_SENTENCE = re.compile(r"(?:[.!?](?=[\s\"')\]]|$)|\n)")
DENIED = re.compile(
    r"(?<![a-z])(?:not|n't|incorrect|wrong|unlikely|ruled out|rule out|excluded?|eliminated?|except|neither|nor"
    r"|cannot|false|contraindicated|inappropriate)(?![a-z])"
)
# Sentences that conclude, for keys that stand anywhere in them.
POINTING = re.compile(
    r"(?:(?<=\n)|(?<=[.!?] )|(?<![\s\S]))[\s\"'*-]{0,3}(?:therefore|thus|hence|so|in conclusion|in summary|overall"
    r"|consequently|taken together|as a result|accordingly"
    r"|conclusion|to summarize|ultimately|based on (?:this|these|the above|the given|the information|all)"
    r"|given (?:this|these|the above))(?![a-z])"
    r"|(?<![a-z])(?:most (?:likely|appropriate|probable|suitable|consistent|accurate|plausible|fitting)|best|correct"
    r"|right)(?![a-z])[^.\n?!]{0,100}?"
    r" (?:is|are|would be|should be|will be|must be)(?![a-z])"
)
CALLED = re.compile(
    r"(?:(?:this|it|that)(?: option| choice| answer| statement)? (?:is|would be|must be|seems to be"
    r"|appears to be) (?:therefore |thus |likely |clearly )?(?:the )?(?:most likely |best |only )?"
    r"(?:correct|right|best|most likely|most appropriate)(?: answer| choice| option)?"
    r"|(?<=[-:(\[,.→] )(?:the )?(?:correct|right)(?: answer| choice| option)?(?=[.!,;:)\]\n]|$| -| because)"
    r"|(?:this is|and|hence|so) (?:the )?(?:odd one out(?: and the answer)?|exception|answer)(?=[.!,;]|$|\n)"
    r"|[✓✔✅])(?![a-z])"
)
VERDICT = re.compile(
    r"[\s:)\].,-]{0,5}(?:this (?:statement |option )?is |is |it is )?(?:(?P<yes>true|correct|right|yes|richtig|wahr)"
    r"|(?P<no>false|incorrect|wrong|not true|not correct|no|falsch))(?![a-z])"
)
FALSE_ASKED = re.compile(
    r"(?:false|incorrect|not true|not correct|wrong|untrue) (?:one|statement|option|pairing|answer|pair)|(?:exception"
    r"|except)(?![a-z])|which (?:is|one is) (?:false|not)|asks? for the (?:false|incorrect|exception)"
)
FINAL_BEFORE = re.compile(r"(?:^|[^a-z])(?:final|finally)[^.\n]{0,20}$")
CONCLUDING_BEFORE = re.compile(
    r"(?:^|[^a-z])(?:therefore|thus|hence|so|in conclusion|consequently|accordingly|in summary|overall|as a result"
    r"|conclusion:|to conclude)(?![a-z])"
)
FINAL_SECTION = re.compile(
    r"(?:(?<=\n)|(?<![\s\S]))[ \t]*(?:#+ ?|\*\*|<b>)?[ \t]*final (?:answer|response|conclusion|choice"
    r"|decision)\b[^\n]{0,12}(?=\n)",
    re.IGNORECASE,
)
SERIES = re.compile(
    r"(?:(?<=\n)|(?<![\s\S]))\s*(?:(?:question|q|item|no\.?"
    r"|#) ?)?\d{1,2} ?[.):-] ?(?:answer:? ?)?\(?([a-z])\)?[.]?(?= ?(?:\n|$))"
)
