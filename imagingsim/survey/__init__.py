"""Looks at whole bodies and measures them: galleries.

Knows anatomy and what a scanner would show of it; knows no case and no workup.
"""

from imagingsim.survey.gallery import read_gallery, write_gallery
from imagingsim.survey.gallery_records import Gallery, GalleryRegion, Sheet

__all__ = ["Gallery", "GalleryRegion", "Sheet", "read_gallery", "write_gallery"]
