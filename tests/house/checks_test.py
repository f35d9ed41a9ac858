"""Each of the house's checks finds what it looks for, and leaves alone what only looks like it."""
import contextlib
import io
import pathlib
import sys
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "dev.d"))
sys.dont_write_bytecode = True

import cpp_text  # noqa: E402
import house_checks as checks  # noqa: E402


def count(check, name, text):
    found = checks.Findings()
    with contextlib.redirect_stdout(io.StringIO()):
        check(name, text, found)
    return found.count


class Lambdas(unittest.TestCase):
    def found(self, text):
        return len(list(cpp_text.capturing_coroutine_lambdas(text)))

    def test_capturing_coroutine(self):
        self.assertEqual(1, self.found("auto f = [&]() -> Task<void> { co_return; };"))
        self.assertEqual(1, self.found("scope.spawn([this, x = 1] { co_await y(); }());"))
        self.assertEqual(1, self.found("run([=](int a) mutable noexcept -> Task<R<int>> {\n co_return a; });"))

    def test_harmless(self):
        self.assertEqual(0, self.found("auto f = []() -> Task<void> { co_return; };"))
        self.assertEqual(0, self.found("auto f = [&](int x) { return x + y; };"))
        self.assertEqual(0, self.found("a[i] = 1; [[nodiscard]] int f(); // [&] { co_return; }"))
        self.assertEqual(0, self.found('auto s = "[&] { co_return; }";'))
        self.assertEqual(0, self.found("auto f = [&] { return g([]() -> T { co_return; }); };"))


class Checks(unittest.TestCase):
    def test_layers(self):
        layers = checks.check_layers
        self.assertEqual(1, count(layers, "src/base/x.h", '#include "http/message.h"\n'))
        self.assertEqual(1, count(layers, "src/diff/x.h", '#include "runtime/task.h"\n'))
        self.assertEqual(1, count(layers, "src/cli/x.cc", '#include "../s3/x.h"\n'))
        self.assertLess(0, count(layers, "src/cli/x.cc", '#include "sim/simulator.h"\n'))
        self.assertEqual(0, count(layers, "src/cli/x_test.cc", '#include "sim/simulator.h"\n'))
        self.assertEqual(0, count(layers, "src/http/x.cc", '#include "runtime/task.h"\n'))

    def test_length(self):
        self.assertEqual(1, count(checks.check_length, "src/a.cc", "\n" * 601))
        self.assertEqual(0, count(checks.check_length, "src/a.cc", "\n" * 600))

    def test_secrets(self):
        live = "AKIA" + "J7Q2XWPL9KDMZB4V"
        self.assertEqual(1, count(checks.check_secrets, "a.md", live))
        self.assertEqual(0, count(checks.check_secrets, "a.md", "AKIAIOSFODNN7EXAMPLE"))
        self.assertEqual(1, count(checks.check_secrets, "a.cc", 'log_debug("{}", key.reveal());'))
        self.assertEqual(0, count(checks.check_secrets, "a.cc", "hmac(key.reveal(), text);"))
        redacted = "log_line(l, redact_text(t, {key.reveal()}));"
        self.assertEqual(0, count(checks.check_secrets, "a.cc", redacted))

    def test_open_ends(self):
        self.assertEqual(1, count(checks.check_open_ends, "a.cc", "// TO" + "DO: later"))
        self.assertEqual(0, count(checks.check_open_ends, "a.cc", "int todos;"))

    def test_sockets(self):
        text = "#include <boost/asio/ip/tcp.hpp>\n"
        self.assertEqual(1, count(checks.check_sockets_stay_low, "src/http/a.h", text))
        self.assertEqual(0, count(checks.check_sockets_stay_low, "src/http/a.cc", text))

    def test_documents(self):
        self.assertEqual(1, count(checks.check_machine_paths, "a.md", "see /home/me/x"))
        self.assertEqual(0, count(checks.check_machine_paths, "a.md", "see src/home/x"))

    def test_unbuilt_test(self):
        found = checks.Findings()
        with contextlib.redirect_stdout(io.StringIO()):
            checks.check_tests_are_built(["src/a/a_test.cc", "src/a/b_test.cc"], {"src/a/a_test.cc"}, found)
        self.assertEqual(1, found.count)


if __name__ == "__main__":
    unittest.main()
