"""Answers of the chat bot, and its texts: what customers say and what it replies, one file for each language."""
