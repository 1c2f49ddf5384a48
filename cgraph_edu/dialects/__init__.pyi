from . import tensorflow as tensorflow
from . import torch as torch
