"""Tests of the bridge in a real browser, and what they are made of."""
