"""The page that answers for a session: one file, no request to anywhere, readable on a screen or a phone."""

from penstock.tca.html.page import render_html

__all__ = ["render_html"]
