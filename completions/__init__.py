"""What writes the shells' completions from the outline of the app; not part of the wheel.

``python -m completions`` writes the files beside this one.  Each is a template
with one gap, in which stands what the app understands; only live values are
asked for when somebody presses Tab.
"""
