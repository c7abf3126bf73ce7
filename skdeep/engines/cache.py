"""The files of Numba's cache, with checksums.

Compiled code that was damaged on disk would be executed as it is. So index and data files begin
with a checksum of what follows, and one that does not fit counts as no file. A data file also says
what it is the code of, since several processes may write at the same time.
"""

import contextlib
import hashlib
import io
import itertools
import os
import pickle
import uuid
import warnings

import numba
from numba.core.caching import NullCache
from numba.core.serialize import dumps

#: Bytes of a checksum.
CHECKSUM_SIZE = 16
#: How many names are tried where something that cannot be replaced has the first.
MOST_NAMES = 5

#: Kinds of warnings given.
_warned = set()


class SafeCache:
    """A cache of Numba's with checked files, which gives up with one warning where it must.

    Parameters
    ----------
    cache : numba.core.caching.Cache
    stamp : bytes
        Of the source of the compiled code.
    """

    def __init__(self, cache, stamp):
        self._cache = cache
        cache._cache_file = CheckedFiles(cache.cache_path, cache._impl.filename_base, stamp)

    def __getattr__(self, name):
        return getattr(self._cache, name)

    def load_overload(self, signature, target_context):
        """Return the cached function, or None where there is none that can be read."""
        try:
            return self._cache.load_overload(signature, target_context)
        except Exception:  # what another version of a library has written is as good as none
            return None

    def save_overload(self, signature, data):
        """Save a compiled function if that is possible."""
        chosen = numba.config.CACHE_DIR
        if chosen and not _is_within(self.cache_path, chosen):
            _warn_once(
                f"skdeep cannot write to NUMBA_CACHE_DIR={chosen!r}: its compiled code goes to "
                f"{os.path.dirname(self.cache_path)}."
            )
        try:
            self._save(signature, data)
        except OSError as error:
            _warn_uncached(error)

    def _save(self, signature, data):
        try:
            self._cache.save_overload(signature, data)
        except OSError:
            raise
        except Exception:  # the index on disk cannot be read: begin a new one
            self._cache.flush()
            self._cache.save_overload(signature, data)


class Uncached(NullCache):
    """No cache; says so when a function is compiled, not at import.

    Parameters
    ----------
    error : Exception
        Why there is none.
    """

    def __init__(self, error):
        self._error = error

    def save_overload(self, sig, data):
        """Warn once instead of saving."""
        _warn_uncached(self._error)


def _is_within(path, folder):
    """Return whether a path lies within a folder, or is the folder."""
    path, folder = (os.path.normcase(os.path.abspath(p)) for p in (path, folder))
    try:
        return os.path.commonpath([path, folder]) == folder
    except ValueError:  # on two drives of Windows
        return False


def _warn_uncached(error):
    _warn_once(
        f"skdeep cannot cache its compiled code ({error}); every process compiles anew. "
        "Set NUMBA_CACHE_DIR to a writable folder.",
    )


def _warn_once(message):
    """Give a UserWarning, the first of its kind in this process."""
    kind = message[:40]
    if kind not in _warned:
        _warned.add(kind)
        warnings.warn(message, UserWarning, stacklevel=2)


class CheckedFiles:
    """The index and the data files of one function, in the place of Numba's ``IndexDataCacheFile``.

    The index, ``<name>.nbi``, says which data file, ``<name>.<number>.nbc``, holds the code for a
    key: the types of the arguments, the processor and the bytecode. Files are replaced in one step.

    Parameters
    ----------
    folder : str
    name : str
        What the names of all files begin with.
    stamp : bytes
        Of the source. Code of another stamp, or of another version of Numba, is not used.
    """

    def __init__(self, folder, name, stamp):
        self._start = os.path.join(folder, name)
        self._stamp = numba.__version__, stamp

    def flush(self):
        """Forget all entries."""
        self._save_index({})

    def load(self, key):
        """Return what was saved for a key, or None.

        Parameters
        ----------
        key : tuple

        Returns
        -------
        data : object or None
        """
        number = self._load_index().get(key)
        if number is None:
            return None
        try:
            return self._unpickle(read_checked(self._data_path(number)), key)
        except OSError:
            return None

    def save(self, key, data):
        """Save the data of a key.

        Parameters
        ----------
        key : tuple
        data : object

        Raises
        ------
        OSError
            If no file can be written.
        """
        numbers = self._load_index()
        content = dumps(self._stamp) + dumps(key) + dumps(data)
        taken = set(numbers.values())
        free = (number for number in itertools.count(1) if number not in taken)
        candidates = [*([numbers[key]] if key in numbers else []), *itertools.islice(free, 5)]
        paths = map(self._data_path, candidates)
        place = _replace_first(paths, content)
        if numbers.get(key) != candidates[place]:
            self._save_index({**numbers, key: candidates[place]})

    def _data_path(self, number):
        return f"{self._start}.{number}.nbc"

    def _index_paths(self):
        others = (f"{self._start}.{number}.nbi" for number in range(2, MOST_NAMES + 1))
        return [f"{self._start}.nbi", *others]

    def _load_index(self):
        """Return the number of the data file of every key."""
        for path in self._index_paths():
            with contextlib.suppress(OSError):  # what is no file is passed over when saving, too
                return self._unpickle(read_checked(path)) or {}
        return {}

    def _save_index(self, numbers):
        _replace_first(self._index_paths(), dumps(self._stamp) + dumps(None) + dumps(numbers))

    def _unpickle(self, content, key=None):
        """Return what was saved with the present stamp and this key, or None."""
        if content is None:
            return None
        file = io.BytesIO(content)
        if pickle.load(file) != self._stamp or pickle.load(file) != key:
            return None
        return pickle.load(file)


def _checksum(content):
    return hashlib.blake2b(content, digest_size=CHECKSUM_SIZE).digest()


def read_checked(path):
    """Return what a file with a checksum holds.

    Parameters
    ----------
    path : path

    Returns
    -------
    content : bytes or None
        None where there is no file, or another than was written.
    """
    try:
        with open(path, "rb") as file:
            checksum, content = file.read(CHECKSUM_SIZE), file.read()
    except FileNotFoundError:
        return None
    return content if _checksum(content) == checksum else None


def write_checked(path, content):
    """Write a file with a checksum, in one step.

    Parameters
    ----------
    path : str
    content : bytes

    Raises
    ------
    OSError
        If it cannot be written.
    """
    _replace_first([path], content)


def _replace_first(paths, content):
    """Write the first of some files that can be replaced; return its place among them."""
    for place, path in enumerate(paths):
        temporary = f"{path}.tmp.{uuid.uuid4().hex[:16]}"
        try:
            with open(temporary, "wb") as file:
                file.write(_checksum(content) + content)
            if _replace(temporary, path):
                return place
        finally:
            with contextlib.suppress(OSError):
                os.unlink(temporary)
    raise OSError(f"{path} and others cannot be written")


def _replace(temporary, path):
    """Put a file in the place of another; return whether that is possible."""
    try:
        os.replace(temporary, path)
    except OSError as error:
        if os.name == "nt" and not os.path.isdir(path):
            raise  # another process has it open
        _warn_once(
            f"skdeep cannot replace a file in the cache of its compiled code, {path} "
            f"({error.strerror}), and uses another name."
        )
        return False
    return True
