"""The page of a study: what fills cost, where, when and why, in one file that opens offline."""

from penstock.tca.html.study.page import render_study

__all__ = ["render_study"]
