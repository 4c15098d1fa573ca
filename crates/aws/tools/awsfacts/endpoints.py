"""Endpoints: every service's host in every region, from botocore's rules, as a table.

A service's host is `{endpoint prefix}.{region}.{partition's domain}` unless its row says otherwise:

    "p" host by partition, with `{r}` for the region    "h" host by region, where that differs from the partition's
    "q" signing region by partition                     "r" signing region by region
    "s" signing name                                    "n" signing name by region

Where a service's rules give no host without further parameters, it has the usual one.
"""

import collections
import json

from botocore.endpoint_provider import EndpointProvider
from botocore.exceptions import EndpointProviderError

DEFAULT = "{endpoint}.{r}.{dns}"


def table(loader, services):
    partitions = loader.load_data("partitions")
    regions = known_regions(loader)
    domains = {partition["id"]: partition["outputs"]["dnsSuffix"] for partition in partitions["partitions"]}
    rows = {}
    for service in services:
        rules = loader.load_service_model(service.botocore, "endpoint-rule-set-1")
        provider = EndpointProvider(rules, partitions)
        found = {region: resolve(provider, rules, service, region) for region in regions}
        row = fold(service, found, regions, domains)
        if row:
            rows[service.asl_id] = row
    return {"regions": regions, "domains": domains, "services": rows}


def known_regions(loader):
    """The partition of every region."""
    partitions = loader.load_data("endpoints")["partitions"]
    return {region: partition["partition"] for partition in partitions for region in sorted(partition["regions"])}


def resolve(provider, rules, service, region):
    """The host, the region and the name of the signature; nothing where the rules want more than a region."""
    known = {"Region": region, "UseFIPS": False, "UseDualStack": False, "UseGlobalEndpoint": False}
    known["DisableMultiRegionAccessPoints"] = True
    parameters = {name: value for name, value in known.items() if name in rules["parameters"]}
    try:
        endpoint = provider.resolve_endpoint(**parameters)
    except EndpointProviderError:
        return None
    scheme = (endpoint.properties.get("authSchemes") or [{}])[0]
    host = endpoint.url.removeprefix("https://")
    return host, scheme.get("signingRegion", region), scheme.get("signingName", service.signing_name)


def fold(service, found, regions, domains):
    """The row of a service: what holds for most regions of a partition once, the rest by region."""
    row = collections.defaultdict(dict)
    names = collections.Counter(answer[2] for answer in found.values() if answer)
    if names and names.most_common(1)[0][0] != service.signing_name:
        row["s"] = names.most_common(1)[0][0]
    usual_name = row.get("s") or service.signing_name
    for partition, domain in domains.items():
        here = {region: found[region] for region in regions if regions[region] == partition and found[region]}
        default = DEFAULT.replace("{endpoint}", service.endpoint_prefix).replace("{dns}", domain)
        hosts = collections.Counter(answer[0].replace(region, "{r}") for region, answer in here.items())
        host = hosts.most_common(1)[0][0] if hosts else default
        signers = collections.Counter(
            answer[1] for region, answer in here.items() if answer[1] != region and answer[0] == host
        )
        signer = signers.most_common(1)[0][0] if signers else None
        if host != default:
            row["p"][partition] = host
        if signer:
            row["q"][partition] = signer
        for region, (own_host, own_signer, own_name) in here.items():
            if own_host != host.replace("{r}", region):
                row["h"][region] = own_host
            if own_signer != (signer or region):
                row["r"][region] = own_signer
            if own_name != usual_name:
                row["n"][region] = own_name
    return dict(row)


def text(rows):
    """The table as JSON, a service on each line."""
    lines = [f'"{name}": {json.dumps(rows[name], separators=(",", ":"))}' for name in ("regions", "domains")]
    services = [f'"{name}":{json.dumps(row, separators=(",", ":"))}' for name, row in rows["services"].items()]
    return "{\n" + ",\n".join(lines) + ',\n"services": {\n' + ",\n".join(services) + "\n}\n}\n"
