"""The library of functions that every Hog program can call (spec hog_language.md 5)."""
