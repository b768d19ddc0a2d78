"""The Hog language: text to tree to bytecode to running program.

Pure Python: knows nothing of Django or of any engine.
"""
