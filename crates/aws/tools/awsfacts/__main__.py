"""Makes the fact files of `crates/aws`: `python -m awsfacts` in `crates/aws/tools`, with botocore and zstandard installed."""

import pathlib
import sys

import botocore
import botocore.session

from awsfacts import endpoints, facts, naming, pack

DATA = pathlib.Path(__file__).parents[2] / "data"


def main():
    folder = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else DATA
    loader = botocore.session.get_session().get_component("data_loader")
    names = loader.list_available_services("service-2")
    services = [facts.service(loader, name) for name in names if name not in naming.LEFT_OUT]
    packed = pack.pack(botocore.__version__, services)
    (folder / "services.pack").write_bytes(packed)
    table = endpoints.text(endpoints.table(loader, services))
    (folder / "endpoints.json").write_text(table)
    operations = sum(len(service.operations) for service in services)
    print(f"services.pack: {len(services)} services, {operations:,} operations, {len(packed):,} bytes")
    print(f"endpoints.json: {len(table):,} bytes")


if __name__ == "__main__":
    main()
