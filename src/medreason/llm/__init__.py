"""Asking language models: one small client for OpenAI-compatible servers, its journal, its pace, its budget.

    request    a request, its canonical form and key            schema    the shape a reply must have
    client     the live client                                  replay    the same from a journal, without network
    ask        reply or failure, one re-ask                     sync      both for code without asyncio
    transport  aiohttp; sdk: the openai package                 parse     bytes → verdict, pure
    faults     classes of faults and what follows               journal   every attempt, durable
    rate       slots and limits per minute                      circuit   pauses while the server is gone
    budget     cost and tokens                                  keys, privacy   what is never written or sent

What it is not: prompts of stages, chains, tools, streaming, agents.
"""
