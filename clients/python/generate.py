#!/usr/bin/env python3
"""Makes labeler_client/api from the protos. `--check` only compares: is what is checked in what the protos say?

Needs protoc 3.21 and grpc_python_plugin (Debian: protobuf-compiler, protobuf-compiler-grpc) and the protos of google.api, which come with
the NuGet package Google.Api.CommonProtos (`dotnet restore`), or from --common-protos.

The protos are not compiled as they lie there. HTTP annotations and the like are dropped, since Python has no use for them and the modules
that define them would have to be installed; and files are renamed into this package, so that nothing is imported or registered under
google's names, which belong to googleapis-common-protos where that is installed.
"""
from __future__ import annotations

import argparse
import filecmp
import os
import pathlib
import re
import subprocess
import sys
import tempfile

from google.protobuf import any_pb2, descriptor_pb2, duration_pb2, empty_pb2, field_mask_pb2, timestamp_pb2

HERE = pathlib.Path(__file__).resolve().parent
PROTOS = HERE.parent.parent / "protos"
TARGET = HERE / "labeler_client" / "api"
PACKAGE = "labeler_client/api"
KNOWN = (any_pb2, descriptor_pb2, duration_pb2, empty_pb2, field_mask_pb2, timestamp_pb2)

# Files of google's that define messages of the API itself, and what they are called here.
GOOGLE = {
    "google/api/httpbody.proto": f"{PACKAGE}/http_body.proto",
    "google/rpc/status.proto": f"{PACKAGE}/rpc_status.proto",
    "google/rpc/error_details.proto": f"{PACKAGE}/rpc_error_details.proto",
}
GOOGLE_PACKAGES = {"google.api": "labeler_client.google_api", "google.rpc": "labeler_client.google_rpc"}


def main() -> int:
    parser = argparse.ArgumentParser(description="Makes labeler_client/api from the protos.")
    parser.add_argument("--check", action="store_true", help="write nothing; fail if the files are not what the protos give")
    parser.add_argument("--common-protos", type=pathlib.Path, help="folder with google/api/*.proto")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        work = pathlib.Path(folder)
        generate(work, arguments.common_protos or find_common_protos())
        made = work / PACKAGE
        return check(made) if arguments.check else replace(made)


def find_common_protos() -> pathlib.Path:
    """The folder of the NuGet package, in the version that the service is built with."""
    versions = (HERE.parent.parent / "Directory.Packages.props").read_text(encoding="utf-8")
    found = re.search(r'"Google\.Api\.CommonProtos" Version="([^"]+)"', versions)
    packages = pathlib.Path(os.environ.get("NUGET_PACKAGES") or pathlib.Path.home() / ".nuget" / "packages")
    folder = packages / "google.api.commonprotos" / (found.group(1) if found else "") / "content" / "protos"
    if not (folder / "google" / "api" / "annotations.proto").is_file():
        sys.exit(f"{folder} is not there: run `dotnet restore` in the repository, or name the folder with --common-protos")
    return folder


def generate(work: pathlib.Path, common: pathlib.Path) -> None:
    """Writes the modules below work/labeler_client/api."""
    known = descriptor_pb2.FileDescriptorSet()
    for module in KNOWN:
        known.file.add().ParseFromString(module.DESCRIPTOR.serialized_pb)
    # protoc looks imports up here, so the .proto files of the well-known types need not be installed.
    (work / "known.binpb").write_bytes(known.SerializeToString())

    files = sorted(str(path.relative_to(PROTOS)) for path in PROTOS.glob("labeler/v1/*.proto"))
    protoc(work, "known.binpb", f"-I{PROTOS}", f"-I{common}", "--include_imports", "--descriptor_set_out=read.binpb", *files, *sorted(GOOGLE))
    read = descriptor_pb2.FileDescriptorSet.FromString((work / "read.binpb").read_bytes())
    ours = [rewritten(file) for file in read.file if new_name(file.name) != file.name]
    known.file.extend(ours)
    (work / "ours.binpb").write_bytes(known.SerializeToString())

    names = [file.name for file in ours]
    protoc(work, "ours.binpb", f"--python_out={work}", f"--pyi_out={work}", *names)
    services = [file for file in ours if file.service]
    modules = modules_of(list(known.file))
    plugin = subprocess.run(["sh", "-c", "command -v grpc_python_plugin"], check=False, capture_output=True, text=True).stdout.strip()
    if not plugin:
        sys.exit("grpc_python_plugin is missing: install protobuf-compiler-grpc")
    protoc(work, "ours.binpb", f"--plugin=protoc-gen-grpc_python={plugin}", f"--grpc_python_out={work}", *(file.name for file in services))
    for file in services:
        (work / file.name.replace(".proto", "_pb2_grpc.pyi")).write_text(stub_types(file, modules), encoding="utf-8")
    (work / PACKAGE / "__init__.py").write_text('"""Messages and stubs of labeler.v1, made by generate.py from protos/labeler/v1."""\n', encoding="utf-8")


def protoc(work: pathlib.Path, descriptors: str, *arguments: str) -> None:
    try:
        subprocess.run(["protoc", f"--descriptor_set_in={descriptors}", *arguments], cwd=work, check=True)
    except FileNotFoundError:
        sys.exit("protoc is missing: install protobuf-compiler")


def new_name(file: str) -> str:
    return GOOGLE.get(file, file.replace("labeler/v1/", PACKAGE + "/"))


def new_type(name: str) -> str:
    for old, new in GOOGLE_PACKAGES.items():
        if name.startswith(f".{old}."):
            return f".{new}{name[len(old) + 1:]}"
    return name


def rewritten(file: descriptor_pb2.FileDescriptorProto) -> descriptor_pb2.FileDescriptorProto:
    """The file under its name here, with dependencies renamed or dropped, and without options that google.api defines."""
    made = descriptor_pb2.FileDescriptorProto()
    made.CopyFrom(file)
    made.name = new_name(file.name)
    made.package = GOOGLE_PACKAGES.get(file.package, file.package)
    made.ClearField("options")
    made.ClearField("dependency")
    made.dependency.extend(
        new_name(name) for name in file.dependency if name.startswith("google/protobuf/") and "descriptor" not in name or new_name(name) != name)
    for message in made.message_type:
        rewrite_message(message)
    for service in made.service:
        service.ClearField("options")
        for method in service.method:
            method.ClearField("options")
            method.input_type, method.output_type = new_type(method.input_type), new_type(method.output_type)
    return made


def rewrite_message(message: descriptor_pb2.DescriptorProto) -> None:
    message.options.DiscardUnknownFields()  # map_entry stays, resources go
    if not message.options.ListFields():
        message.ClearField("options")
    for field in message.field:
        field.ClearField("options")
        if field.type_name:
            field.type_name = new_type(field.type_name)
    for nested in message.nested_type:
        rewrite_message(nested)


def stub_types(file: descriptor_pb2.FileDescriptorProto, modules: dict[str, str]) -> str:
    """Types of the stubs of a file, which the plugin does not write. `modules` has the module of each message."""
    kinds = {(False, False): "UnaryUnary", (False, True): "UnaryStream", (True, False): "StreamUnary", (True, True): "StreamStream"}
    used, body = set(), []
    for service in file.service:
        body += ["", f"class {service.name}Stub:", "    def __init__(self, channel: grpc.Channel) -> None: ..."]
        for method in service.method:
            kind = kinds[method.client_streaming, method.server_streaming]
            types = []
            for name in (method.input_type, method.output_type):
                used.add((modules[name], name.rpartition(".")[2]))
                types.append(name.rpartition(".")[2])
            body.append(f"    {method.name}: {kind}[{types[0]}, {types[1]}]")
    lines = ["import grpc", "", *(f"from {module} import {name}" for module, name in sorted(used)),
             f"from labeler_client.rpc import {', '.join(sorted(kinds.values()))}", *body]
    return "\n".join(lines) + "\n"


def modules_of(files: list[descriptor_pb2.FileDescriptorProto]) -> dict[str, str]:
    return {f".{file.package}.{message.name}": file.name[: -len(".proto")].replace("/", ".") + "_pb2" for file in files for message in file.message_type}


def check(made: pathlib.Path) -> int:
    names = {path.name for folder in (made, TARGET) for path in folder.iterdir() if path.suffix in (".py", ".pyi")}
    _, different, missing = filecmp.cmpfiles(made, TARGET, sorted(names), shallow=False)
    for name in sorted(different + missing):
        print(f"labeler_client/api/{name} is not what the protos give", file=sys.stderr)
    if different or missing:
        print("run clients/python/generate.py and commit what it changes", file=sys.stderr)
    return 1 if different or missing else 0


def replace(made: pathlib.Path) -> int:
    TARGET.mkdir(exist_ok=True)
    for path in TARGET.iterdir():
        if path.suffix in (".py", ".pyi"):
            path.unlink()
    for path in made.iterdir():
        (TARGET / path.name).write_bytes(path.read_bytes())
    print(f"{len(list(made.iterdir()))} files in {TARGET}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
