"""Tissue properties with their sources; knows no anatomy."""

from imagingsim.tissue.properties import PROPERTIES
from imagingsim.tissue.table import Quantity, Tissue, Tissues, read_tissues

__all__ = ["PROPERTIES", "Quantity", "Tissue", "Tissues", "read_tissues"]
