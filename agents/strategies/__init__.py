"""Strategies: how buyers answer a mechanism's questions."""
