"""The rules give the names that are known: `python -m unittest discover crates/aws/tools`."""

import json
import pathlib
import unittest

from awsfacts import naming

KNOWN = json.loads((pathlib.Path(__file__).parents[2] / "tests/data/names.json").read_text())


class Naming(unittest.TestCase):
    def test_members(self):
        for name, expected in KNOWN["members"]:
            self.assertEqual(naming.member_of(name), expected)

    def test_services(self):
        for service_id, asl_id, prefix in KNOWN["services"]:
            self.assertEqual(naming.service_prefix(service_id), prefix)
            self.assertEqual(naming.service_prefix(service_id).lower(), asl_id)

    def test_exceptions(self):
        for shape, _code, expected, _service in KNOWN["exceptions"]:
            if expected.startswith(("LoadBalancer", "DuplicateLoadBalancer", "InvalidInstance")):
                continue  # renamed for one service
            self.assertEqual(naming.exception("", shape), expected)


if __name__ == "__main__":
    unittest.main()
