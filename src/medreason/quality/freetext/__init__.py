"""Checks chains that cite nothing: published ones, or any model's. Concepts are linked, linked pairs looked up.

The flow: rows → parts (sections, steps, sentences with their places) → claims (pairs of concepts that a sentence says
something of) → verdicts from the graph → counts. No model. What a graph does not have is *unsupported*, never wrong.
"""
