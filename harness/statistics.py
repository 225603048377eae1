"""Calibrated tests of draws against an exact law.  Lives in `harness/numerics/statistics.py`."""

from harness.numerics.statistics import FALSE_ALARM as FALSE_ALARM
from harness.numerics.statistics import POWER as POWER
from harness.numerics.statistics import DrawsTest as DrawsTest
from harness.numerics.statistics import counts_test as counts_test
from harness.numerics.statistics import detectable_shift as detectable_shift
from harness.numerics.statistics import detectable_tv as detectable_tv
from harness.numerics.statistics import draws_test as draws_test
from harness.numerics.statistics import false_alarm_each as false_alarm_each
from harness.numerics.statistics import mean_tv as mean_tv
