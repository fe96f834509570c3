#!/usr/bin/python3
# Copyright The PolySocket authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Holds docs/examples/checksum against sha256sum, on trees made to trip it.

Usage: checksum.py CHECKSUM [unittest arguments], where CHECKSUM is the program. Prints TAP.

The time limits are only there to end a program that hangs.
"""

import fcntl
import os
import pty
import re
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest

CHECKSUM = None
LIMIT = 60
ENVIRONMENT = dict(os.environ, LC_ALL='C.UTF-8')

REFERENCE = 'find "$1" -type f -print0 | LC_ALL=C sort -z | xargs -0r sha256sum'

# More than can be read while a test runs, and no blocks on the disk.
ENDLESS = 1 << 40

# Root reads everything, whatever the modes say, unless these are taken away.
if os.geteuid() == 0:
    AS_MORTAL = ['setpriv', '--bounding-set', '-dac_override,-dac_read_search',
                 '--inh-caps', '-all']
else:
    AS_MORTAL = []

NAMES = [
    b'plain', b'with space', b' before', b'behind ', b'new\nline', b'back\\slash',
    b'carriage\rreturn', b'all\\of\nthem\r', b'\\', b'\n', b'\\n', b'tab\t', b'bell\a', b'escape\33[7m',
    b'\377\376 not utf-8', b'caf\303\251', b'caf\351', b'*', b'?', b'-', b'--help', b"'\"`$(id)", b'%s%n',
    # Folders among files, where the slash decides: 'a' and 'b' get an entry each.
    b'a/b', b'a/-', b'a-b', b'a-b-', b'a.b', b'a0', b'a b', b'aa', b'A', b'a!/b', b'a-/b', b'a0b/c',
    b'b/new\nfolder/x', b'b/back\\slash/y', b'b/\377/z', b'b/ /w', b'b/...', b'b/.hidden/.file',
]


def write(path, contents=b''):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, 'wb') as file:
        file.write(contents)


def write_sparse(path, size):
    write(path)
    os.truncate(path, size)


def make_nasty_tree(root):
    for number, name in enumerate(NAMES):
        write(os.path.join(root, name), b'contents %d\n' % number)

    write(os.path.join(root, b'empty'))
    write(os.path.join(root, b'block'), b'\0' * 65536)
    write(os.path.join(root, b'block and one'), b'\n' * 65537)

    # First in the order, last to be done: everything else has to wait for it.
    write_sparse(os.path.join(root, b'!first'), 96 << 20)

    for number in range(2000):
        write(os.path.join(root, b'many', b'%d' % (number % 7), b'file %d' % number), b'%d' % number)

    # As deep as a path can be; escaped, its name is longer than a pipe takes at once.
    folder = os.path.join(root, b'deep')
    while len(folder) < 3800:
        folder = os.path.join(folder, b'\\\n' * 20)
    write(os.path.join(folder, b'down here'), b'deep')

    os.makedirs(os.path.join(root, b'nothing', b'in', b'here'))
    os.mkfifo(os.path.join(root, b'fifo'))
    os.symlink(b'plain', os.path.join(root, b'link to file'))
    os.symlink(b'a', os.path.join(root, b'link to folder'))
    os.symlink(b'nowhere', os.path.join(root, b'link to nothing'))
    os.symlink(b'link to itself', os.path.join(root, b'link to itself'))
    os.symlink(b'..', os.path.join(root, b'b', b'link to parent'))
    os.symlink(b'/', os.path.join(root, b'link to everything'))

    # A socket's path is short.
    here = os.getcwd()
    os.chdir(root)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(b'socket')
    os.chdir(here)


class Case(unittest.TestCase):
    def setUp(self):
        self.folder = os.fsencode(tempfile.mkdtemp(prefix='checksum-'))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.maxDiff = 2000

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, contents=b''):
        write(self.path(name), contents)

    def run_checksum(self, *arguments, cwd=None, wrapper=()):
        return subprocess.run([*wrapper, CHECKSUM, *arguments], cwd=cwd or self.folder, env=ENVIRONMENT,
                              stdin=subprocess.DEVNULL, capture_output=True, timeout=LIMIT)

    def reference(self, folder, cwd=None, wrapper=()):
        return subprocess.run([*wrapper, 'sh', '-c', REFERENCE, 'sh', folder], cwd=cwd or self.folder,
                              stdin=subprocess.DEVNULL, capture_output=True, timeout=LIMIT).stdout

    def start(self, *arguments, **options):
        options.setdefault('stdout', subprocess.PIPE)
        options.setdefault('stderr', subprocess.PIPE)
        process = subprocess.Popen([CHECKSUM, *arguments], cwd=self.folder, env=ENVIRONMENT,
                                   stdin=subprocess.DEVNULL, **options)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        for stream in (process.stdout, process.stderr):
            if stream is not None:
                self.addCleanup(stream.close)
        return process

    def assert_same(self, output, expected):
        # Line by line, as the whole is too long to be read.
        for line, expected_line in zip(output.split(b'\n'), expected.split(b'\n')):
            self.assertEqual(line, expected_line)
        self.assertEqual(len(output), len(expected))


class TreeTest(Case):
    """The output is sha256sum's, to the byte."""

    @classmethod
    def setUpClass(cls):
        cls.home = os.fsencode(tempfile.mkdtemp(prefix='checksum-'))
        cls.addClassCleanup(shutil.rmtree, cls.home)
        cls.tree = os.path.join(cls.home, b'tree')
        make_nasty_tree(cls.tree)

    def check(self, folder, *options, cwd=None, wrapper=()):
        cwd = cwd or self.home
        expected = self.reference(folder, cwd)
        self.assertGreater(expected.count(b'\n'), 2000)

        result = self.run_checksum(*options, folder, cwd=cwd, wrapper=wrapper)

        self.assert_same(result.stdout, expected)
        self.assertEqual(result.stderr, b'')
        self.assertEqual(result.returncode, 0)

    def test_one_job(self):
        self.check(b'tree', '--jobs', '1')

    def test_two_jobs(self):
        self.check(b'tree', '--jobs=2')

    def test_seven_jobs(self):
        self.check(b'tree', '-j', '7', '--quiet')

    def test_most_jobs(self):
        """As many as there can be get along with the usual number of descriptors."""
        self.check(b'tree', '-j', '128', wrapper=['sh', '-c', 'ulimit -n 1024 && exec "$@"', 'sh'])

    def test_default_jobs(self):
        self.check(b'tree')

    def test_absolute_folder(self):
        self.check(self.tree)

    def test_slashes_at_the_end(self):
        self.check(b'tree/')
        self.check(b'tree//')

    def test_dots_in_folder(self):
        self.check(b'./tree/../tree/.')
        self.check(b'..', cwd=os.path.join(self.tree, b'many'))

    def test_link_with_slash(self):
        os.symlink(self.tree, self.path(b'link'))
        self.check(b'link/', cwd=self.folder)
        self.check(b'link/many/../../tree', cwd=self.folder)

    def test_link_and_dots(self):
        """The parent of a link's target is not the folder the link is in."""
        os.symlink(os.path.join(self.tree, b'many'), self.path(b'link'))
        self.check(b'link/..', cwd=self.folder)

    def test_current_folder(self):
        expected = self.reference(b'.', self.tree)

        result = self.run_checksum(cwd=self.tree)

        self.assert_same(result.stdout, expected)
        self.assertEqual(result.returncode, 0)

    def test_sha256sum_accepts(self):
        output = self.run_checksum(b'tree', cwd=self.home).stdout

        result = subprocess.run(['sha256sum', '--check', '--strict', '-'], cwd=self.home, input=output,
                                capture_output=True, timeout=LIMIT)

        self.assertEqual(result.stderr, b'')
        self.assertEqual(result.returncode, 0)
        self.assertEqual(result.stdout.count(b': OK\n'), output.count(b'\n'))


class FolderTest(Case):
    """What FOLDER may be."""

    def check(self, folder, status, complaint):
        result = self.run_checksum(folder)

        self.assertEqual(result.stdout, self.reference(folder))
        self.assertRegex(result.stderr, complaint)
        self.assertEqual(result.returncode, status)

    def test_missing(self):
        self.check(b'missing', 1, rb'\Achecksum: missing: No such file or directory\n\Z')

    def test_no_name(self):
        self.check(b'', 1, rb'\Achecksum: : No such file or directory\n\Z')

    def test_file(self):
        self.write(b'a\\file\n', b'contents')
        self.check(b'a\\file\n', 0, rb'\A\Z')

    def test_file_with_slash(self):
        self.write(b'file')
        self.check(b'file/', 1, rb'\Achecksum: file/: Not a directory\n\Z')

    def test_empty(self):
        os.mkdir(self.path(b'empty'))
        self.check(b'empty', 0, rb'\A\Z')

    def test_link(self):
        self.write(b'target/file')
        os.symlink(b'target', self.path(b'link'))
        self.check(b'link', 1, rb'\Achecksum: link: Is a symbolic link;.*\n\Z')

    def test_fifo(self):
        os.mkfifo(self.path(b'fifo'))
        self.check(b'fifo', 1, rb'\Achecksum: fifo: Neither a file nor a folder\n\Z')

    def test_name(self):
        """FOLDER itself has a name that is escaped, not UTF-8, and meant for terminals."""
        self.write(b'new\nline \377\33[7m\\/file')
        self.check(b'new\nline \377\33[7m\\', 0, rb'\A\Z')
        self.check(b'no\nline \377\33[7m\\', 1,
                   rb'\Achecksum: no\?line \377\?\[7m\\: No such file or directory\n\Z')


class OptionTest(Case):
    def test_help(self):
        result = self.run_checksum('--help')

        self.assertEqual(result.returncode, 0)
        self.assertEqual(result.stderr, b'')
        for word in (b'--jobs=N', b'--quiet', b'--help', b'[FOLDER]'):
            self.assertIn(word, result.stdout)

    def test_bad_usage(self):
        self.write(b'file')

        for arguments in (['--nonsense'], ['--jobs'], ['--jobs', '0'], ['--jobs', '-1'], ['--jobs', '129'],
                          ['--jobs', 'two'], ['--jobs', '99999999999999999999'],
                          ['file', 'file']):
            with self.subTest(arguments=arguments):
                result = self.run_checksum(*arguments)

                self.assertEqual(result.returncode, 2)
                self.assertEqual(result.stdout, b'')
                self.assertRegex(result.stderr, rb"\Achecksum: .+\nTry 'checksum --help'.\n\Z")

    def test_dashes(self):
        """A folder whose name looks like an option."""
        self.write(b'--jobs/file')
        expected = self.reference(b'./--jobs').replace(b'./', b'')

        result = self.run_checksum('--', b'--jobs')

        self.assertEqual(result.stdout, expected)
        self.assertEqual(result.returncode, 0)


class UnreadableTest(Case):
    """What cannot be read is told, and does not keep the rest from being done."""

    def setUp(self):
        super().setUp()
        for name in (b'a', b'b/inside', b'c', b'd', b'e'):
            self.write(os.path.join(b'tree', name), name)

    def test_no_permission(self):
        os.chmod(self.path(b'tree/b'), 0)
        os.chmod(self.path(b'tree/c'), 0)
        expected = self.reference(b'tree', wrapper=AS_MORTAL)
        self.assertEqual(expected.count(b'\n'), 3)

        result = self.run_checksum(b'tree', wrapper=AS_MORTAL)

        os.chmod(self.path(b'tree/b'), 0o755)
        self.assertEqual(result.stdout, expected)
        self.assertEqual(result.returncode, 1)
        complaints = sorted(result.stderr.split(b'\n'))
        self.assertEqual(len(complaints), 3)
        self.assertRegex(complaints[1], rb'\Achecksum: .*tree/b.*: Permission denied\Z')
        self.assertEqual(complaints[2], b'checksum: tree/c: Permission denied')

    def test_nothing_readable(self):
        os.chmod(self.path(b'tree'), 0)

        result = self.run_checksum(b'tree', wrapper=AS_MORTAL)

        os.chmod(self.path(b'tree'), 0o755)
        self.assertEqual(result.stdout, b'')
        self.assertRegex(result.stderr, rb'\Achecksum: .*tree.*: Permission denied\n\Z')
        self.assertEqual(result.returncode, 1)

    def test_read_error(self):
        """A file that opens and then does not let itself be read."""
        result = self.run_checksum(b'/proc/self/mem')

        self.assertEqual(result.stdout, b'')
        self.assertRegex(result.stderr, rb'\Achecksum: /proc/self/mem: .*Input/output error\n\Z')
        self.assertEqual(result.returncode, 1)

    def test_changed_meanwhile(self):
        """While a big file is read, those listed after it vanish or become something else."""
        os.unlink(self.path(b'tree/b/inside'))
        os.rmdir(self.path(b'tree/b'))
        self.write(b'tree/f', b'f')
        write_sparse(self.path(b'tree/b'), 256 << 20)
        process = self.start('--jobs', '1', b'tree')

        # The first line says that the folder was listed; then nothing moves until all is changed.
        first = process.stdout.readline()
        process.send_signal(signal.SIGSTOP)
        for name in (b'c', b'd', b'e'):
            os.unlink(self.path(b'tree/' + name))
        os.mkfifo(self.path(b'tree/d'))
        os.symlink(b'a', self.path(b'tree/e'))
        process.send_signal(signal.SIGCONT)
        output, errors = process.communicate(timeout=LIMIT)

        self.assertEqual(first + output, self.reference(b'tree'))
        self.assertEqual(errors.split(b'\n')[:2], [b'checksum: tree/c: No such file or directory',
                                                   b'checksum: tree/d: Not a file any more'])
        self.assertRegex(errors.split(b'\n')[2], rb'\Achecksum: tree/e: .*symbolic links\Z')
        self.assertEqual(process.returncode, 1)

    def test_disk_full(self):
        """Standard output that takes nothing."""
        with open('/dev/full', 'wb') as full:
            process = self.start(b'tree', stdout=full)
            errors = process.communicate(timeout=LIMIT)[1]

        self.assertEqual(errors, b'checksum: standard output: No space left on device\n')
        self.assertEqual(process.returncode, 1)


class SignalTest(Case):
    """A signal ends it at once, and no line is left half written."""

    def assert_lines(self, output, expected):
        self.assertTrue(output.endswith(b'\n'))
        self.assertTrue(expected.startswith(output))

    def check(self, number, jobs):
        self.write(b'tree/a', b'a')
        self.write(b'tree/b', b'b')
        expected = self.reference(b'tree')
        write_sparse(self.path(b'tree/c'), ENDLESS)
        for name in range(100):
            self.write(b'tree/d%d' % name)
        process = self.start('--jobs', jobs, b'tree')

        first = process.stdout.readline()
        process.send_signal(number)
        output, errors = process.communicate(timeout=LIMIT)

        self.assert_lines(first + output, expected)
        self.assertEqual(errors, b'')
        self.assertEqual(process.returncode, 128 + number)

    def test_interrupt(self):
        self.check(signal.SIGINT, '1')

    def test_interrupt_many(self):
        self.check(signal.SIGINT, '7')

    def test_terminate(self):
        self.check(signal.SIGTERM, '2')

    def start_with_full_pipe(self):
        """Runs on a pipe with a page of room, until that is taken. Returns also the pipe's ends."""
        reader, writer = (open(end, mode, 0) for end, mode in zip(os.pipe(), ('rb', 'wb')))
        self.addCleanup(reader.close)
        self.addCleanup(writer.close)
        size = fcntl.fcntl(writer, fcntl.F_GETPIPE_SZ)
        writer.write(b'.' * (size - os.sysconf('SC_PAGE_SIZE')))

        process = self.start(b'tree', stdout=writer)
        self.wait_until_full(writer)

        return process, reader, writer

    def wait_until_full(self, writer):
        poll = select.poll()
        poll.register(writer, select.POLLOUT)
        while poll.poll(0):
            time.sleep(0.01)

    def test_nobody_reads(self):
        """The pipe is full and stays so."""
        for name in range(2000):
            self.write(b'tree/%d/%0100d' % (name % 10, name))
        expected = self.reference(b'tree')
        process, reader, writer = self.start_with_full_pipe()

        # By now there is more to write than a pipe takes at once.
        output = b''
        for _ in range(5):
            output += reader.read(2 * os.sysconf('SC_PAGE_SIZE'))
            self.wait_until_full(writer)
        writer.close()
        process.send_signal(signal.SIGINT)
        process.wait(timeout=LIMIT)
        output += reader.read()

        self.assert_lines(output.lstrip(b'.'), expected)
        self.assertEqual(process.stderr.read(), b'')
        self.assertEqual(process.returncode, 130)

    def make_long_line(self):
        self.write(b'/'.join([b'tree'] + [b'\\' * 200] * 17))
        self.write(b'tree/~')

    def interrupt(self, process):
        """Sends the first SIGINT, and returns when it was noticed: the next would not be caught."""
        self.assertTrue(self.catches_interrupt(process))
        process.send_signal(signal.SIGINT)
        while self.catches_interrupt(process):
            time.sleep(0.01)

    def catches_interrupt(self, process):
        with open('/proc/%d/status' % process.pid) as status:
            caught = next(line.split()[1] for line in status if line.startswith('SigCgt:'))
        return int(caught, 16) >> (signal.SIGINT - 1) & 1

    def test_line_is_finished(self):
        """A line that was begun is written to its end, those after it are not."""
        self.make_long_line()
        expected = self.reference(b'tree').splitlines(keepends=True)
        self.assertGreater(len(expected[0]), select.PIPE_BUF)
        process, reader, writer = self.start_with_full_pipe()
        writer.close()

        self.interrupt(process)
        output = reader.read()
        process.wait(timeout=LIMIT)

        self.assertEqual(output.lstrip(b'.'), expected[0])
        self.assertEqual(process.returncode, 130)

    def test_second_interrupt(self):
        """If nobody reads the rest of that line a second signal helps."""
        self.make_long_line()
        process = self.start_with_full_pipe()[0]

        self.interrupt(process)
        self.assertIsNone(process.poll())
        process.send_signal(signal.SIGINT)

        self.assertEqual(process.wait(timeout=LIMIT), -signal.SIGINT)


class TerminalTest(Case):
    """The progress line, which is for terminals, and for standard error alone."""

    PROGRESS = re.compile(rb'\r\d+ files, \d+\.\d MB, \d+\.\d MB/s *')

    def setUp(self):
        super().setUp()
        for name in (b'a', b'b', b'd', b'e'):
            self.write(b'tree/' + name, name)

        self.master, self.slave = pty.openpty()
        self.addCleanup(os.close, self.master)

    def start_on_terminal(self, *arguments, **options):
        process = self.start(*arguments, stderr=self.slave, **options)
        os.close(self.slave)
        return process

    def read_terminal(self, until=None):
        """Reads until @until matches, or the last of its users has gone."""
        text = b''
        end = time.monotonic() + LIMIT
        while until is None or not until.search(text):
            ready = select.select([self.master], [], [], max(0, end - time.monotonic()))[0]
            self.assertTrue(ready, text)
            try:
                text += os.read(self.master, 4096)
            except OSError:
                break
        return text

    def test_progress(self):
        write_sparse(self.path(b'tree/c'), ENDLESS)
        process = self.start_on_terminal('--jobs', '1', b'tree')

        # Also within a file it goes on.
        text = self.read_terminal(re.compile(rb'2 files, [1-9]\d*\.\d MB, [1-9].*2 files, [1-9]\d{2,}', re.S))
        process.send_signal(signal.SIGINT)
        output = process.communicate(timeout=LIMIT)[0]
        text += self.read_terminal()

        self.assertRegex(text, self.PROGRESS)
        self.assertRegex(text, rb'\r +\r\Z')
        self.assertEqual(self.PROGRESS.sub(b'', text).strip(b'\r '), b'')
        self.assertEqual(output.count(b'\n'), 2)
        self.assertNotIn(b'\r', output)
        self.assertNotIn(b'MB', output)
        self.assertEqual(process.returncode, 130)

    def test_erased_at_end(self):
        write_sparse(self.path(b'tree/c'), 256 << 20)
        expected = self.reference(b'tree')
        process = self.start_on_terminal(b'tree')

        text = self.read_terminal()
        output = process.communicate(timeout=LIMIT)[0]

        self.assertRegex(text, self.PROGRESS)
        self.assertRegex(text, rb'\r +\r\Z')
        self.assertEqual(output, expected)
        self.assertEqual(process.returncode, 0)

    def test_quiet(self):
        write_sparse(self.path(b'tree/c'), 256 << 20)
        expected = self.reference(b'tree')
        process = self.start_on_terminal('--quiet', b'tree')

        text = self.read_terminal()
        output = process.communicate(timeout=LIMIT)[0]

        self.assertEqual(text, b'')
        self.assertEqual(output, expected)

    def test_all_on_one_terminal(self):
        """Lines, complaints and progress share a terminal without standing in each other's way."""
        write_sparse(self.path(b'tree/c'), 256 << 20)
        os.symlink(b'tree', self.path(b'link'))
        expected = self.reference(b'tree')
        process = self.start_on_terminal(b'tree', stdout=self.slave)

        text = self.read_terminal()
        process.wait(timeout=LIMIT)

        self.assertRegex(text, self.PROGRESS)
        self.assertEqual(self.screen(text), expected.decode().splitlines())
        self.assertEqual(process.returncode, 0)

    def screen(self, text):
        """What is left to be seen: a carriage return goes back, what comes then overwrites."""
        lines = []
        for raw in text.decode().replace('\r\n', '\n').split('\n'):
            line = ''
            for part in raw.split('\r'):
                line = part + line[len(part):]
            lines.append(line.rstrip(' '))
        self.assertEqual(lines.pop(), '')
        return lines


class Tap(unittest.TestResult):
    """Says in TAP how each test went."""

    def startTest(self, test):
        super().startTest(test)
        self.failed = False

    def complain(self, test, error):
        self.failed = True
        for line in self._exc_info_to_string(error, test).splitlines():
            print('#', line)

    def addError(self, test, error):
        super().addError(test, error)
        self.complain(test, error)

    def addFailure(self, test, error):
        super().addFailure(test, error)
        self.complain(test, error)

    def addSubTest(self, test, subtest, error):
        super().addSubTest(test, subtest, error)
        if error is not None:
            self.complain(subtest, error)

    def stopTest(self, test):
        super().stopTest(test)
        print('not ok' if self.failed else 'ok', self.testsRun, test.id().removeprefix('__main__.'),
              flush=True)


class TapRunner:
    def run(self, suite):
        print('1..%d' % suite.countTestCases(), flush=True)
        result = Tap()
        suite.run(result)
        return result


if __name__ == '__main__':
    CHECKSUM = os.path.abspath(sys.argv.pop(1))
    unittest.main(testRunner=TapRunner())
