"""Tests of compare.py. Run by ctest."""

import contextlib
import io
import json
import os
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import compare  # noqa: E402


class Compare(unittest.TestCase):
    def compared(self, before, after, *options):
        """The exit code and what was printed."""
        with tempfile.TemporaryDirectory() as folder:
            paths = []
            for name, results in (("before", before), ("after", after)):
                paths.append(os.path.join(folder, name))
                with open(paths[-1], "w", encoding="utf-8") as file:
                    json.dump({"results": results}, file)
            out = io.StringIO()
            with contextlib.redirect_stdout(out):
                code = compare.main([*paths, *options])
            return code, out.getvalue()

    def test_what_grew_is_told(self):
        code, text = self.compared([{"case": "copy", "tool": "s3ferry", "cpu_s": 2.0}],
                                   [{"case": "copy", "tool": "s3ferry", "cpu_s": 3.0}])
        self.assertEqual(code, 0)
        self.assertIn("+50.0%", text)

    def test_a_rate_that_falls_is_worse(self):
        before = [{"case": "list", "tool": "s3ferry", "keys_per_cpu_s": 4e6}]
        after = [{"case": "list", "tool": "s3ferry", "keys_per_cpu_s": 2e6}]
        self.assertEqual(self.compared(before, after, "--fail-above", "20")[0], 1)
        self.assertEqual(self.compared(after, before, "--fail-above", "20")[0], 0)

    def test_cases_of_one_file_alone_are_named(self):
        _, text = self.compared([{"case": "old", "tool": "aws", "cpu_s": 1}],
                                [{"case": "new", "tool": "aws", "cpu_s": 1}])
        self.assertIn("only before: old, aws", text)
        self.assertIn("only after: new, aws", text)


if __name__ == "__main__":
    unittest.main()
