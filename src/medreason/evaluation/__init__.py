"""Models' outputs scored so that the number can be believed.

reading  from free text to one option key, or to none with the reason
outputs  files of outputs made elsewhere
score    right, wrong and unreadable answers by task, with intervals
"""
