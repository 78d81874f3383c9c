"""Teachers that ask a language model.

    sheet     what a model reads: findings, evidence per option, context, each line with an id
    walks     evidence lines from paths, where no annotation ties a finding to an option
    prompts   prompt files → messages
    default   the default profile: blind, evidence first, structured steps that cite lines
    compat    the published method, to the letter
    extract, prune, answers   further stages, each with an offline way

What they are not: clients (``medreason.llm``), checkers (``medreason.quality``), judges of right and wrong
(``medreason.pipeline``): a teacher never sees an answer key, except for the one hinted try, which is flagged.
"""
