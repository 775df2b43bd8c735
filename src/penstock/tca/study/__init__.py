"""Fills, orders and a market as columns, and everything that can be told from them: one study, however they came.

`study.study` is the one function; a run's journal (`from_run`) and anyone's files (`penstock.tca.imports`) both end
there.
"""

from penstock.tca.study.from_run import study_of_run
from penstock.tca.study.report import study_report
from penstock.tca.study.settings import Settings
from penstock.tca.study.study import Study, study

__all__ = ["Settings", "Study", "study", "study_of_run", "study_report"]
