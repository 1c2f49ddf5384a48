"""`torch.special`: functions under their other names."""

from .functions import expm1, log1p, log_softmax, logsumexp, softmax
from .functions import sigmoid as expit

__all__ = ["expit", "expm1", "log1p", "log_softmax", "logsumexp", "softmax"]
