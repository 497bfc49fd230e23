"""The errors a user can meet; each says what is wrong, where, and what to do."""


class ImagingSimError(ValueError):
    """Something the user asked for cannot be done."""


class ContentError(ImagingSimError):
    """A content file is missing or malformed; the message lists every problem."""


class GeometryError(ImagingSimError):
    """A solid cannot be built from the numbers given."""


class AcquisitionError(ImagingSimError):
    """A scanner was asked for something outside its range."""


class AcquisitionWarning(UserWarning):
    """A scan is taken as asked, but its images are not what the user may expect."""


class WorkupError(ImagingSimError):
    """A protocol asks for something the catalogue, the case or the engine does not have."""


class FormatError(ImagingSimError):
    """A file cannot be written, or what was read is not what was expected."""


class UnknownNameError(ImagingSimError):
    """A name is not known; the message lists the known ones."""

    @classmethod
    def of(cls, kind: str, name: str, known: object) -> "UnknownNameError":
        """Return the error for ``name`` of a ``kind``, naming the ``known`` ones.

        Examples
        --------
        >>> print(UnknownNameError.of("case", "nope", ["a", "b"]))
        No case named 'nope'. Known: a, b.
        """
        names = ", ".join(str(item) for item in known) if known else "none"  # type: ignore[attr-defined]
        return cls(f"No {kind} named {name!r}. Known: {names}.")
