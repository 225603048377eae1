"""A run as a function of arrays: equal to ``measure``, differentiable, one program, any score."""

import dataclasses
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from generic import LABELS

from harness import MonteCarlo, Problem, grids, measure, run_function, samplers
from harness.foundation.precision import float64
from harness.foundation.registry import load
from harness.foundation.registry import samplers as registered
from harness.noise import Absorbing, RateMatrix, Uniform
from harness.score import Perturbed, TableScore
from harness.toy import *
