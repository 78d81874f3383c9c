"""Models' outputs scored so that the number can be believed.

reading  from free text to one option key, or to none with the reason
outputs  files of outputs made elsewhere
score    right, wrong and unreadable answers by task, with intervals
catalogue, layouts, sets   question sets by name, counted and hashed
asking, shots              how a question is put: options in order, examples, changed questions
tasks, scorer              the same for Inspect, with the reader as scorer (extra ``[eval]``)
server, run                asks a model everything, goes on after a stop, writes the results
"""
