"""Toy targets: data laws on ``[S]^d`` whose every probability is known.  One family a file."""

from toy_targets.affine_code import AffineCode as AffineCode
from toy_targets.arrangements import Arrangements as Arrangements
from toy_targets.bigram_letters import BigramLetters as BigramLetters
from toy_targets.class_table import ClassTable as ClassTable
from toy_targets.curie_weiss import CurieWeiss as CurieWeiss
from toy_targets.digit_patch import DigitPatch as DigitPatch
from toy_targets.few_flips import FewFlips as FewFlips
from toy_targets.hidden_markov_chain import HiddenMarkovChain as HiddenMarkovChain
from toy_targets.latent_parity import LatentParity as LatentParity
from toy_targets.markov_chain import MarkovChain as MarkovChain
from toy_targets.one_site import OneSite as OneSite
from toy_targets.pairs import Pairs as Pairs
from toy_targets.parity import Parity as Parity
from toy_targets.potts_ring import PottsRing as PottsRing
from toy_targets.product import Product as Product
from toy_targets.product_mixture import ProductMixture as ProductMixture
from toy_targets.random_table import RandomTable as RandomTable
from toy_targets.table import Table as Table
from toy_targets.tilted import Tilted as Tilted
from toy_targets.two_beliefs import TwoBeliefs as TwoBeliefs
from toy_targets.zipf import Zipf as Zipf
