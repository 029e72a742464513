"""The HTML report: one file that opens anywhere, in Chinese and English, without a network.

For whom: the analyst at work and the board at its table. How: every word and figure is in the page as text and tables; a small
script draws the charts over them and switches language, theme and thresholds. Where it fails: without JavaScript there are tables
instead of charts; a list of differing decisions shows the largest only.
"""

from huitong.evaluation.report.page import render_html

__all__ = ["render_html"]
